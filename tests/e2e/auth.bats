#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# Calls that say who they are: where the token comes from, where it goes, and where it must not be found.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR" GCE_METADATA_HOST=127.0.0.1:9
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	for pid in ${server:-} ${runner:-}; do kill "$pid" 2>/dev/null && wait "$pid" || true; done
}

# Says what Authorization it was called with; is a metadata server below /computeMetadata; /hold answers once the
# file "go" is there; /away leads to another host. Each request is a line of "seen".
serve() {
	cat >server.py <<-'END'
		import http.server, json, os, signal, ssl, sys, threading, time
		signal.alarm(300)  # whatever becomes of the test
		TOKEN = "ya29.metadata-secret"
		class Server(http.server.BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def do_GET(self):
		        auth = self.headers.get("Authorization")
		        with open("seen", "a") as seen:
		            seen.write(self.path + " " + (auth or "nobody") + "\n")
		        if self.path == "/away":
		            self.send_response(302)
		            self.send_header("Location", "http://localhost:%d/" % self.server.server_address[1])
		            self.send_header("Content-Length", "0")
		            self.end_headers()
		            return
		        while self.path == "/hold" and not os.path.exists("go"):
		            time.sleep(0.02)
		        body, kind = json.dumps({"authorization": auth}), "application/json"
		        if self.path.startswith("/computeMetadata"):
		            body = json.dumps({"access_token": TOKEN, "expires_in": 3600})
		        self.send_response(200)
		        self.send_header("Content-Type", kind)
		        if self.headers.get("Metadata-Flavor") == "Google":
		            self.send_header("Metadata-Flavor", "Google")
		        self.send_header("Content-Length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body.encode())
		    def log_message(self, *args):
		        pass
		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
		if len(sys.argv) > 1:
		    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		    context.load_cert_chain("cert.pem", "key.pem")
		    server.socket = context.wrap_socket(server.socket, server_side=True)
		with open("port.new", "w") as out:
		    out.write(str(server.server_address[1]))
		os.rename("port.new", "port")
		server.serve_forever()
	END
	python3 server.py "$@" 3>&- 2>server.log &
	server=$!
	for _ in $(seq 1200); do
		[ -s port ] && break
		sleep 0.05
	done
	url=http://127.0.0.1:$(cat port)
}

# A definition that makes one call with these arguments and returns what the server saw.
call() {
	printf -- '- ask: {call: http.get, args: {%s}, result: r}\n- out: {return: "${r.body.authorization}"}\n' "$1"
}

@test "--auth fake, the default, sends one fixed token in the place of a header of one's own" {
	serve
	call "url: \"$url/\", auth: {type: OIDC}, headers: {authorization: mine}" >a.yaml
	run -0 --separate-stderr lexflow run -q a.yaml
	[ "$output" = '"Bearer lexflow-local"' ]
	run -0 --separate-stderr lexflow run -q --auth fake a.yaml
	[ "$output" = '"Bearer lexflow-local"' ]
}

@test "--auth none sends what the definition says and no more" {
	serve
	call "url: \"$url/\", auth: {type: OIDC}" >a.yaml
	call "url: \"$url/\", auth: {type: OIDC}, headers: {Authorization: Basic eDp5}" >b.yaml
	run -0 --separate-stderr lexflow run -q --auth none a.yaml
	[ "$output" = null ]
	LEXFLOW_AUTH=none run -0 --separate-stderr lexflow run -q b.yaml
	[ "$output" = '"Basic eDp5"' ]
}

@test "--auth metadata asks the metadata server once for all calls, and no trace of the token stays" {
	serve
	export GCE_METADATA_HOST=127.0.0.1:$(cat port)
	cat >a.yaml <<-END
		- all:
		    parallel:
		      for:
		        value: i
		        range: [1, 5]
		        steps:
		          - ask:
		              call: http.get
		              args: {url: "$url/", auth: {type: OAuth2, scopes: "a, b"}}
		- again: {call: http.get, args: {url: "$url/", auth: {type: OAuth2, scopes: [a, b]}}, result: r}
		- out: {return: "\${r.code}"}
	END
	run -0 --separate-stderr lexflow run --id one --auth metadata --log json a.yaml
	[ "$output" = 200 ]
	[ "$(grep -c '^/computeMetadata/v1/instance/service-accounts/default/token?scopes=a%2Cb nobody$' seen)" = 1 ]
	[ "$(grep -c '^/ Bearer ya29.metadata-secret$' seen)" = 6 ]
	# the answers of this server repeat the header, so the body of one is the one place it may stand in
	run ! grep -F metadata-secret <<<"$stderr"
	lexflow show one --events | jq -c 'select(.kind != "answered")' >events
	[ "$(grep -c announced events)" = 6 ]
	run ! grep -F metadata-secret events
}

@test "no token is an AuthError that says which and why" {
	call 'url: "http://127.0.0.1:9/x", auth: {type: OAuth2}' >a.yaml
	run -1 --separate-stderr lexflow run -q --auth metadata a.yaml
	error=$(tail -n 1 <<<"$stderr")
	[ "$(jq -r '.error.payload.tags[0]' <<<"$error")" = AuthError ]
	[[ "$(jq -r .error.payload.message <<<"$error")" == "AuthError: no access token for https://www.googleapis.com/auth/cloud-platform from metadata: "* ]]
	[ "$(jq -c '.error.stackTrace.elements | map([.routine, .step])' <<<"$error")" = '[["main","ask"]]' ]
}

@test "--auth gcloud sends the token of gcloud, and its complaint when there is none" {
	serve
	mkdir bin
	cat >bin/gcloud <<-'END'
		#!/bin/sh
		echo "$@" >>asked
		[ -e login ] || { echo "ERROR: (gcloud.auth.print-access-token) no active account" >&2; exit 1; }
		echo ya29.of-a-person-logged-in
	END
	chmod +x bin/gcloud
	export PATH="$PWD/bin:$PATH"
	call "url: \"$url/\", auth: {type: OAuth2}" >a.yaml
	run -1 --separate-stderr lexflow run -q --auth gcloud a.yaml
	[[ "$stderr" == *"no active account"* ]]
	[ ! -e seen ]
	touch login
	run -0 --separate-stderr lexflow run -q --auth gcloud a.yaml
	[ "$output" = '"Bearer ya29.of-a-person-logged-in"' ]
	[ "$(tail -n 1 asked)" = "auth print-access-token --quiet" ]
}

@test "a source that there is not is a mistake of the command line" {
	call 'url: "http://127.0.0.1:9/", auth: {type: OIDC}' >a.yaml
	run -2 --separate-stderr lexflow run --auth magic a.yaml
	[[ "$stderr" == *'--auth is none, fake, gcloud or metadata, not "magic"'* ]]
}

@test "a token stays with the host it was meant for" {
	serve
	call "url: \"$url/away\", auth: {type: OIDC}" >a.yaml
	run -0 --separate-stderr lexflow run -q a.yaml
	[ "$output" = null ]
	[ "$(cat seen)" = $'/away Bearer lexflow-local\n/ nobody' ]
}

# The journal keeps "[redacted]"; what is sent again is made anew by replay.
@test "a call sent again after a crash has the credentials that the journal does not keep" {
	serve
	call "url: \"$url/hold\", headers: {Authorization: \"\${\\\"Basic \\\" + \\\"c2VjcmV0\\\"}\"}" >a.yaml
	lexflow run -q --id one a.yaml 3>&- &
	runner=$!
	for _ in $(seq 1200); do
		[ -s seen ] && break
		sleep 0.05
	done
	kill -9 "$runner"
	wait "$runner" || true
	[ "$(lexflow show one --events | jq -r 'select(.kind == "announced") | .content.request.headers.Authorization')" = '[redacted]' ]
	touch go
	run -0 --separate-stderr lexflow resume -q one
	[ "$output" = '"Basic c2VjcmV0"' ]
	[ "$(sort -u seen)" = "/hold Basic c2VjcmV0" ]
}

@test "ca_certificate is trusted; without it a certificate of one's own is not" {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout key.pem -out cert.pem 2>/dev/null
	serve tls
	url=https://127.0.0.1:$(cat port)
	call "url: \"$url/\"" >a.yaml
	{
		printf 'main:\n  params: [pem]\n  steps:\n'
		call "url: \"$url/\", ca_certificate: \"\${pem}\", auth: {type: OIDC}" | sed 's/^/    /'
	} >b.yaml
	run -1 --separate-stderr lexflow run -q a.yaml
	[ "$(tail -n 1 <<<"$stderr" | jq -r '.error.payload.tags[0]')" = ConnectionFailedError ]
	run -0 --separate-stderr lexflow run -q b.yaml --data "$(jq -Rs . cert.pem)"
	[ "$output" = '"Bearer lexflow-local"' ]
	run -1 --separate-stderr lexflow run -q b.yaml --data '"no certificate"'
	[ "$(tail -n 1 <<<"$stderr" | jq -r '.error.payload.tags[0]')" = ConnectionFailedError ]
}

@test "a private endpoint passes check with a warning and fails when it is called" {
	call 'url: "http://127.0.0.1:9/", private_service_name: projects/p/s' >a.yaml
	run -0 --separate-stderr lexflow check a.yaml
	[[ "$output$stderr" == *"[private-service]"* ]]
	run -1 --separate-stderr lexflow run -q a.yaml
	[[ "$stderr" == *"only the deployed service can reach"* ]]
}
