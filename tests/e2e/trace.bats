#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# A run as a trace: the header that its calls carry, and its export for Perfetto and OpenTelemetry.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >peer.py <<-'END'
		import http.server
		class Peer(http.server.BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def do_GET(self):
		        with open("seen", "a") as seen:
		            seen.write(self.path + " " + self.headers.get("traceparent", "-") + "\n")
		        self.send_response(200)
		        self.send_header("Content-Length", "2")
		        self.end_headers()
		        self.wfile.write(b"ok")
		    def log_message(self, *args):
		        pass
		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
		print(server.server_port, flush=True)
		server.serve_forever()
	END
	python3 peer.py >port 3>&- &
	peer=$!
	for _ in $(seq 600); do
		[ -s port ] && break
		sleep 0.05
	done
	url="http://127.0.0.1:$(cat port)"
	cat >w.yaml <<-END
		main:
		  params: [a]
		  steps:
		    - both:
		        parallel:
		          for:
		            value: i
		            in: [1, 2]
		            steps:
		              - ask: {call: http.get, args: {url: '\${"$url/" + i}'}}
		    - own: {call: http.get, args: {url: "$url/own", headers: {traceparent: 00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00}}}
		    - note: {call: sys.log, args: {text: seen}}
		    - none: {call: http.get, args: {url: "http://127.0.0.1:1/?key=\${a.password}"}}
	END
	sed -i 's|"http://127.0.0.1:1/?key=${a.password}"|'"'"'${"http://127.0.0.1:1/?key=" + a.password}'"'"'|' w.yaml
	lexflow run -q w.yaml --id first --data '{"password": "hunter2-4711"}' 2>/dev/null || true
}

teardown() {
	kill -9 "$peer" 2>/dev/null && wait "$peer" || true
}

@test "each call names the trace of its run and a span of its own; a header of the definition stays" {
	[ "$(wc -l <seen)" -eq 3 ]
	one=$(grep '^/1 ' seen | cut -d' ' -f2)
	two=$(grep '^/2 ' seen | cut -d' ' -f2)
	[[ "$one" =~ ^00-[0-9a-f]{32}-[0-9a-f]{16}-01$ ]]
	[ "${one:0:35}" = "${two:0:35}" ]
	[ "$one" != "$two" ]
	[ "$(grep '^/own ' seen | cut -d' ' -f2)" = 00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00 ]
}

@test "OTLP has a span for the run and one for each effect, under the ids that the calls carried" {
	lexflow export first --format otlp >trace.json
	spans='.resourceSpans[].scopeSpans[].spans[]'
	[ "$(jq "[$spans] | length" trace.json)" -eq 5 ]
	[ "$(jq -r "[$spans | .traceId] | unique | length" trace.json)" -eq 1 ]
	[ "$(jq -r "$spans | select(.name | endswith(\"/1\")) | \"00-\" + .traceId + \"-\" + .spanId + \"-01\"" trace.json)" = \
		"$(grep '^/1 ' seen | cut -d' ' -f2)" ]
	root=$(jq -r "$spans | select(.parentSpanId == null) | .spanId" trace.json)
	[ "$(jq -r "[$spans | select(.parentSpanId == \"$root\")] | length" trace.json)" -eq 4 ]
	# CLIENT spans, times as texts, an error where the call failed
	[ "$(jq -r "[$spans | select(.kind == 3)] | length" trace.json)" -eq 4 ]
	[ "$(jq -r "$spans | select(.startTimeUnixNano | test(\"^[0-9]{19}\$\") | not) | .name" trace.json)" = "" ]
	[ "$(jq -r "$spans | select(.name | startswith(\"main.none\")) | .status.code" trace.json)" = 2 ]
	[ "$(jq -r "[$spans | .attributes[] | select(.key == \"http.response.status_code\") | .value.intValue] | unique[]" trace.json)" = 200 ]
}

@test "the Trace Event Format has a thread for each strand, logs as instants" {
	lexflow export first --format chrome -o trace.json 2>/dev/null
	[ "$(jq '[.traceEvents[] | select(.ph == "X")] | length' trace.json)" -eq 5 ]
	[ "$(jq '[.traceEvents[] | select(.ph == "i" and .args.text == "seen")] | length' trace.json)" -eq 1 ]
	[ "$(jq '[.traceEvents[] | select(.name | startswith("main.ask")) | .tid] | unique | length' trace.json)" -eq 2 ]
	# every effect lies within the run
	[ "$(jq '(.traceEvents[] | select(.cat == "run")) as $r | [.traceEvents[] | select(.ts < $r.ts or .ts + (.dur // 0) > $r.ts + $r.dur)] | length' trace.json)" -eq 0 ]
}

@test "secrets are in neither" {
	! lexflow export first --format otlp | grep -q hunter2
	! lexflow export first --format chrome | grep -q hunter2
	run -2 --separate-stderr lexflow export first --format svg
	[[ "$stderr" == *"bundle, chrome or otlp"* ]]
}
