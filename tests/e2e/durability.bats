#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# The journal's promises as they are seen from outside (design: J1, J2, J4, J6).
bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	cd "$BATS_TEST_TMPDIR" || return 1
	peer
}

teardown() {
	for pid in ${runner:-} ${peer:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

# A service that notes each Idempotency-Key in `keys`, and with `spy` present what the journal held by then.
peer() {
	cat >peer.py <<-'END'
		import http.server, json, os, subprocess
		class Peer(http.server.BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def do_POST(self):
		        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
		        key = self.headers["Idempotency-Key"]
		        with open("keys", "a") as keys:
		            keys.write(key + "\n")
		        if os.path.exists("spy"):
		            run, effect = key.split("/")
		            shown = subprocess.run(["lexflow", "show", run, "--events"], capture_output=True, text=True).stdout
		            seen = [e for e in map(json.loads, shown.splitlines()) if e["kind"] == "announced" and e["effect"] == int(effect)]
		            with open("seen", "a") as out:
		                out.write("%d\n" % len(seen))
		        answer = json.dumps({"n": body["n"] * 2}).encode()
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
	url="http://127.0.0.1:$(cat port)/"
	cat >calls.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - init:
		        assign: [{total: 0}]
		    - each:
		        parallel:
		          shared: [total]
		          for:
		            value: n
		            range: [1, 40]
		            steps:
		              - call:
		                  call: http.post
		                  args:
		                    url: ${args}
		                    body: {n: "${n}"}
		                  result: r
		              - pause:
		                  call: sys.sleep
		                  args: {seconds: 0.01}
		              - add:
		                  assign: [{total: "${total + r.body.n}"}]
		    - out:
		        return: ${total}
	END
}

@test "no call leaves before its announcement is on disk" {
	touch spy
	run --separate-stderr lexflow run calls.yaml --quiet --data "\"$url\"" --limit parallel_branches=4
	echo "$stderr"
	[ "$output" = 1640 ]
	[ "$(wc -l <seen)" -eq 40 ]
	[ "$(sort -u seen)" = 1 ]
}

@test "killed again and again, a run ends with the undisturbed result and one key for each call" {
	for round in $(seq 30); do
		if [ "$round" -eq 1 ]; then
			lexflow run calls.yaml --quiet --data "\"$url\"" --id torn >out 2>err &
		else
			lexflow resume torn --quiet >out 2>err &
		fi
		runner=$!
		while [ ! -s keys ] && kill -0 "$runner"; do sleep 0.01; done # until the first call has left
		sleep "0.0$((round % 9 + 1))"
		kill -9 "$runner" 2>/dev/null || true
		wait "$runner" 2>/dev/null || true
		runner=
		if lexflow show torn --json 2>/dev/null | jq -e '.end' >/dev/null 2>&1; then break; fi
	done
	if ! lexflow show torn --json | jq -e '.end' >/dev/null; then lexflow resume torn --quiet; fi
	[ "$(lexflow show torn --json | jq -r '.end.result')" = 1640 ]
	[ "$(lexflow show torn --events | jq -s 'map(.number) == [range(1; length + 1)]')" = true ]
	[ "$(sort -u keys | wc -l)" -eq 40 ]
}

@test "the answer of one call and the announcement of the next share a commit" {
	cat >chain.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - init:
		        assign: [{n: 1}]
		    - call:
		        call: http.post
		        args:
		          url: ${args}
		          body: {n: "${n}"}
		        result: r
		    - next_one:
		        switch:
		          - condition: ${r.body.n < 1000}
		            assign: [{n: "${r.body.n}"}]
		            next: call
		    - out:
		        return: ${r.body.n}
	END
	lexflow run chain.yaml --quiet --data "\"$url\"" >out # the database is made
	[ "$(cat out)" = 1024 ]
	calls=$(wc -l <keys)
	[ "$calls" -eq 10 ]
	strace -f -e trace=fdatasync,fsync -o syncs lexflow run chain.yaml --quiet --data "\"$url\"" >out ||
		skip "strace may not trace here"
	# the run's row, one commit for each announcement, one for the end; opening and closing need a few
	[ "$(grep -c sync syncs)" -ge "$calls" ]
	[ "$(grep -c sync syncs)" -le $((calls + 6)) ]
}

@test "a call done again that is answered the same shows no difference, whatever its Date" {
	lexflow run calls.yaml --quiet --data "\"$url\"" --id once >/dev/null
	sleep 1.1
	run --separate-stderr lexflow rerun once call --iteration 3 --json
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.equal, .new.variables.r.body.n]' <<<"$output")" = '[true,8]' ]
	[ "$(jq '.old.variables.r.headers.Date != .new.variables.r.headers.Date' <<<"$output")" = true ]
}
