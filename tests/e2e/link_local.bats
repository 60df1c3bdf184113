#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# Definitions do not reach the metadata server of the machine that they run on, by whatever name or detour.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE LEXFLOW_ALLOW_LINK_LOCAL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ -z "${peer:-}" ] || { kill -9 "$peer" 2>/dev/null && wait "$peer" || true; }
}

# What a call to $1 is told.
told() {
	cat >w.yaml <<-END
		- ask:
		    try: {call: http.get, args: {url: "$1", timeout: 2}}
		    except: {as: e, steps: [{tell: {return: '\${e.message}'}}]}
	END
	lexflow run -q w.yaml "${@:2}" 2>/dev/null
}

@test "addresses of metadata servers are refused, in each way of writing them" {
	for address in 169.254.169.254 '[::ffff:169.254.169.254]' '[fe80::1%25lo]' 0xa9fea9fe 2852039166; do
		[[ "$(told "http://$address:1/computeMetadata/v1/")" == *"link-local"*"--allow-link-local"* ]]
	done
}

@test "a redirect does not lead there either" {
	cat >peer.py <<-'END'
		import http.server
		class Peer(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(302)
		        self.send_header("Location", "http://169.254.169.254:1/")
		        self.send_header("Content-Length", "0")
		        self.end_headers()
		    def log_message(self, *args):
		        pass
		server = http.server.HTTPServer(("127.0.0.1", 0), Peer)
		print(server.server_port, flush=True)
		server.serve_forever()
	END
	python3 peer.py >port 3>&- &
	peer=$!
	for _ in $(seq 600); do
		[ -s port ] && break
		sleep 0.05
	done
	[[ "$(told "http://127.0.0.1:$(cat port)/")" == *"link-local"* ]]
}

@test "who wants to can" {
	[[ "$(told http://169.254.169.254:1/ --allow-link-local)" != *"link-local"* ]]
	[[ "$(LEXFLOW_ALLOW_LINK_LOCAL=1 told http://169.254.169.254:1/)" != *"link-local"* ]]
}
