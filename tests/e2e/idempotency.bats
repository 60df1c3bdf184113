#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# The header that tells a repeated call (J6): its name, and the hosts that get none.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db" XDG_STATE_HOME="$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >peer.py <<-'END'
		import http.server, json
		class Peer(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        answer = json.dumps({k.lower(): v for k, v in self.headers.items()}).encode()
		        self.send_response(200)
		        self.send_header("Content-Type", "application/json")
		        self.send_header("Content-Length", str(len(answer)))
		        self.end_headers()
		        self.wfile.write(answer)
		    def log_message(self, *args):
		        pass
		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
		print(server.server_port, flush=True)
		server.serve_forever()
	END
	python3 peer.py >port &
	peer=$!
	for _ in $(seq 1200); do
		[ -s port ] && break
		sleep 0.05
	done
	cat >w.yaml <<-'END'
		main:
		  params: [url]
		  steps:
		    - get:
		        call: http.get
		        args: {url: "${url}"}
		        result: r
		    - done:
		        return: ${r.body}
	END
	data="\"http://127.0.0.1:$(cat port)/\""
}

teardown() {
	kill "$peer"
}

@test "the header has the name that was asked for" {
	[ "$(lexflow run -q w.yaml --id a --data "$data" | jq -r '."idempotency-key"')" = a/1 ]
	[ "$(lexflow run -q w.yaml --id b --data "$data" --idempotency-header X-Request-Id |
		jq -r '."x-request-id", ."idempotency-key"')" = $'b/1\nnull' ]
	[ "$(lexflow show b --events | head -1 | jq -r .content.connectors.idempotency.header)" = X-Request-Id ]
}

@test "none is sent when it is off, or off for the host" {
	[ "$(lexflow run -q w.yaml --data "$data" --idempotency-header off | jq '."idempotency-key", .off')" = $'null\nnull' ]
	[ "$(lexflow run -q w.yaml --data "$data" --idempotency-off 127.0.0.1 | jq '."idempotency-key"')" = null ]
	[ "$(lexflow run -q w.yaml --id c --data "$data" --idempotency-off 127.0.0.11 | jq -r '."idempotency-key"')" = c/1 ]
}

@test "a name that is none is refused" {
	for name in '' 'a b' $'a\nb' 'a:'; do
		run --separate-stderr lexflow run -q w.yaml --data "$data" --idempotency-header "$name"
		[ "$status" -eq 2 ]
	done
}
