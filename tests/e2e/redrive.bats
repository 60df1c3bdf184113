#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# Going on from the middle of a past run, looking into it, what a run waits for.
bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	for pid in ${peer:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

# A service that notes method, path, body and key of each call in `calls`; /fail answers 500 while `broken` is there,
# and nothing is answered while `hold` is.
start_peer() {
	cat >peer.py <<-'END'
		import http.server, os, time
		class Peer(http.server.BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def do(self):
		        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
		        with open("calls", "a") as calls:
		            calls.write(" ".join([self.command, self.path, body, self.headers.get("Idempotency-Key", "-")]) + "\n")
		        while os.path.exists("hold"):
		            time.sleep(0.02)
		        bad = self.path.startswith("/fail") and os.path.exists("broken")
		        answer = b'{"path": "%s"}' % self.path.encode()
		        self.send_response(500 if bad else 200)
		        self.send_header("Content-Type", "application/json")
		        self.send_header("Content-Length", str(len(answer)))
		        self.end_headers()
		        self.wfile.write(answer)
		    do_GET = do_POST = do
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
	url="http://127.0.0.1:$(cat port)"
}

# Three iterations at once, each calling a routine; a sum; an error when the sum is `bad`.
branches() {
	cat >"$2" <<-END
		main:
		  steps:
		    - init: {assign: [{total: 0}, {w: '\${sys.get_env("W")}'}]}
		    - each:
		        parallel:
		          shared: [total]
		          for:
		            value: n
		            range: [1, 3]
		            steps:
		              - pause: {call: sys.sleep, args: {seconds: 0.01}}
		              - sub: {call: helper, args: {n: "\${n}"}, result: r}
		              - add: {assign: [{total: "\${total + r}"}]}
		    - nap: {call: sys.sleep, args: {seconds: 0.01}}
		    - check: {switch: [{condition: "\${total == $1}", raise: "bad total"}]}
		    - out: {return: "\${total}"}
		helper:
		  params: [n]
		  steps:
		    - think: {call: sys.sleep, args: {seconds: 0.01}}
		    - back: {return: "\${n * 2}"}
	END
}

events() { # kind, strand, effect and content, without what a run of its own has
	lexflow show "$1" --events | jq -c 'select(.number > 1) | [.number, .kind, .strand, .effect, .content]'
}

@test "a redrive shares the events before the step, exactly, and goes on from there" {
	branches 0 a.yaml
	[ "$(lexflow run -q a.yaml --id first)" = 12 ]
	run -0 --separate-stderr lexflow rerun first --from nap
	[ "$output" = 12 ]
	[[ "$stderr" == *"goes on from main.nap of run first"* ]]
	events first >old
	events last >new
	announced=$(grep -n '"step":"main.nap"' old | cut -d: -f1)
	[ "$(head -n $((announced - 1)) old)" = "$(head -n $((announced - 1)) new)" ]
	[ "$(wc -l <old)" = "$(wc -l <new)" ]
	run -0 lexflow list --json
	[ "$(jq -s -r '.[0] | .redriveOf + " " + .step' <<<"$output")" = "first main.nap" ]
	run -0 lexflow show last
	[[ "$output" == *"from main.nap of first"* ]]
	# it is a run like any other: it can be redriven, replayed, looked into
	[ "$(lexflow rerun -q last --from out)" = 12 ]
}

@test "variables changed by hand before the step are an event, of one strand, and survive a resume" {
	branches 0 a.yaml
	lexflow run -q a.yaml --id first
	[ "$(lexflow rerun -q first --from nap --set total=5)" = 5 ]
	[ "$(lexflow show last --events | jq -c 'select(.kind == "changed") | .content')" = '{"set":{"total":5},"step":"main.nap","visit":0}' ]
	# n of iteration 1 alone: 2 + 2*10 + 6
	run -0 lexflow rerun -q first --from helper.think --iteration 1 --set n=10
	[ "$output" = 28 ]
	[ "$(lexflow rerun -q last --from out)" = 28 ] # the change is part of its history
	[ "$(lexflow eval n --at last/helper.think#2)" = 10 ]
	run -2 --separate-stderr lexflow rerun first --from nap --set nope=1
	[[ "$stderr" == *'no variable "nope"'* ]]
}

@test "which visit: the first, a numbered one, an iteration; what there is not" {
	branches 0 a.yaml
	lexflow run -q a.yaml --id first
	run -0 --separate-stderr lexflow rerun first --from main.add#3 --set total=100
	[ "$output" = 106 ]
	run -4 --separate-stderr lexflow rerun first --from main.add#4
	[[ "$stderr" == *"came to step main.add 3 times"* ]]
	run -4 lexflow rerun first --from add --iteration 7
	run -4 lexflow rerun first --from nowhere
	run -2 lexflow rerun first --from add#x
	run -2 lexflow rerun first add --from add
}

@test "a failed run goes on under a mended definition from the step that failed" {
	branches 12 a.yaml
	branches 13 b.yaml
	run -1 lexflow run -q a.yaml --id first
	run -0 --separate-stderr lexflow resume first --source b.yaml
	[ "$output" = 12 ]
	[[ "$stderr" == *"from main.check of run first"* ]]
	[ "$(lexflow show first --json | jq -r .state)" = FAILED ] # the old run is as it was
	[ "$(lexflow list --json | jq -s -r '.[0].file')" = b.yaml ]
}

@test "of failed branches the run goes on from the one that failed first" {
	start_peer
	touch broken
	cat >p.yaml <<-END
		main:
		  steps:
		    - all:
		        parallel:
		          branches:
		            - good: {steps: [{a: {call: http.get, args: {url: "$url/a"}}}]}
		            - bad: {steps: [{b: {call: http.get, args: {url: "$url/fail"}}}]}
		    - out: {return: done}
	END
	run -1 lexflow run -q p.yaml --id first
	rm broken
	run -0 --separate-stderr lexflow resume first --source p.yaml
	[ "$output" = '"done"' ]
	[[ "$stderr" == *"from main.b of run first"* ]]
	[ "$(grep -c fail calls)" -eq 2 ]
}

@test "of iterations that failed one after the other the run goes on from the first, and takes over no failure" {
	start_peer
	touch broken
	cat >p.yaml <<-END
		main:
		  steps:
		    - all:
		        parallel:
		          concurrency_limit: 1
		          for:
		            value: n
		            in: [a, b, c]
		            steps: [{ask: {call: http.get, args: {url: '\${"$url/fail/" + n}'}}}]
		    - out: {return: done}
	END
	run -1 lexflow run -q p.yaml --id first
	rm broken
	run -0 --separate-stderr lexflow resume first --source p.yaml
	[ "$output" = '"done"' ]
	[[ "$stderr" == *"from main.ask of run first (1 events are shared)"* ]]
}

@test "a definition that differs where it was executed is refused with the step, and the place that would do" {
	branches 0 a.yaml
	lexflow run -q a.yaml --id first
	sed 's/nap: {call: sys.sleep, args: {seconds: 0.01/nap: {call: sys.sleep, args: {seconds: 0.02/' a.yaml >b.yaml
	run -2 --separate-stderr lexflow rerun first --from out --source b.yaml
	[[ "$stderr" == *"in step main.nap"*"with other arguments"* ]]
	[[ "$stderr" == *"lexflow rerun first --from main.nap --source b.yaml"* ]]
	[ "$(lexflow list --json | wc -l)" -eq 1 ]
	[ "$(lexflow rerun -q first --from main.nap --source b.yaml)" = 12 ] # as the hint says
	# what asks nothing of the world may differ
	sed 's/{total: 0}/{total: 1}/' a.yaml >c.yaml
	[ "$(lexflow rerun -q first --from out --source c.yaml)" = 13 ]
}

@test "the environment of a redrive is the recorded one, with what is given again" {
	cat >e.yaml <<-'END'
		- a: {call: sys.sleep, args: {seconds: 0.01}}
		- b: {return: '${sys.get_env("X") + sys.get_env("Y")}'}
	END
	[ "$(lexflow run -q e.yaml --id first --env X=1 --env Y=2)" = '"12"' ]
	[ "$(lexflow rerun -q first --from b)" = '"12"' ]
	[ "$(lexflow rerun -q first --from b --env Y=3)" = '"13"' ]
	[ "$(lexflow rerun -q last --from b)" = '"13"' ]
	[ "$(lexflow rerun first b --env Y=4 --json -q | jq -c .new)" = '{"returned":"14"}' ]
}

@test "what was under way in another strand at the cut is sent again, with a key of the new run" {
	start_peer
	cat >p.yaml <<-END
		main:
		  steps:
		    - all:
		        parallel:
		          branches:
		            - one: {steps: [{a: {call: http.get, args: {url: "$url/one"}}}]}
		            - two: {steps: [{b: {call: http.get, args: {url: "$url/two"}}}]}
		    - out: {return: done}
	END
	lexflow run -q p.yaml --id first
	run -0 --separate-stderr lexflow rerun first --from b
	[[ "$stderr" == *"GET $url/one  (main.a, was under way)"* ]]
	[[ "$stderr" == *"GET $url/two  (main.b)"* ]]
	new=$(lexflow list --json | jq -s -r '.[0].id')
	[ "$(grep -c "/one" calls)" -eq 2 ]
	grep -q "/one  $new/1" calls
	grep -q "/two  $new/2" calls
}

@test "calls that are not safe to repeat are asked for on a terminal" {
	start_peer
	cat >p.yaml <<-END
		- send: {call: http.post, args: {url: "$url/send", body: x}}
		- out: {return: done}
	END
	lexflow run -q p.yaml --id first
	run -0 --separate-stderr script -qec "lexflow rerun first --from send" /dev/null <<<y
	[[ "$output" == *"POST $url/send"*"[y/N]"* ]]
	[ "$(grep -c send calls)" -eq 2 ]
	run -2 script -qec "lexflow rerun first --from send" /dev/null <<<n
	[ "$(grep -c send calls)" -eq 2 ]
	run -0 script -qec "lexflow rerun first send --yes" /dev/null <<<n
	[ "$(grep -c send calls)" -eq 3 ]
}

@test "without a terminal a call to another machine that is not safe to repeat needs --yes" {
	cat >p.yaml <<-'END'
		- send: {call: http.post, args: {url: "http://192.0.2.1:9/send", body: x, timeout: 0.2}}
	END
	run -1 lexflow run -q p.yaml --id first
	run -2 --separate-stderr lexflow rerun first --from send </dev/null
	[[ "$stderr" == *"POST http://192.0.2.1:9/send"*"--yes"* ]]
	run -2 lexflow rerun first send </dev/null
	[ "$(lexflow list --json | wc -l)" -eq 1 ]
	run -1 lexflow rerun -q first --from send --yes </dev/null
}

# Until run $1 waits for a callback, which is then described in the file `wait`.
waits_for_callback() {
	for _ in $(seq 3000); do
		lexflow show "$1" --json 2>/dev/null | jq -e '.waits[] | select(.for == "callback")' >wait && return
		sleep 0.02
	done
	return 1
}

# Runs FILE as `first` until it has announced step $2, a call to the peer, then kills it.
interrupted_at() {
	touch hold
	lexflow run -q "$1" --id first 3>&- &
	local pid=$!
	for _ in $(seq 3000); do
		lexflow show first --events 2>/dev/null | grep -q "\"announced\".*\"step\":\"$2\"" && break
		sleep 0.02
	done
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	rm hold
}

@test "an interrupted run goes on under another definition, which is then its own" {
	start_peer
	cat >a.yaml <<-END
		- a: {call: sys.now, result: t}
		- b: {call: http.get, args: {url: "$url/b"}}
		- c: {return: old}
	END
	sed 's/return: old/return: new/' a.yaml >b.yaml
	sed 's|/b"|/other"|' b.yaml >c.yaml
	interrupted_at a.yaml main.b
	run -2 --separate-stderr lexflow resume first --source c.yaml
	[[ "$stderr" == *"step main.b"*"--from main.b --source c.yaml"* ]]
	[ "$(lexflow resume -q first --source b.yaml)" = '"new"' ]
	[ "$(lexflow eval t --at first/c)" = "$(lexflow show first --events | jq 'select(.kind == "observed") | .content.value')" ]
}

@test "variables of the environment that resume gives are an event of the run" {
	start_peer
	cat >a.yaml <<-'END'
		- a: {assign: [{x: '${sys.get_env("N")}'}]}
		- b: {call: http.get, args: {url: "URL/b"}}
		- c: {call: sys.sleep, args: {seconds: 0.01}}
		- d: {return: '${x + sys.get_env("N")}'}
	END
	sed -i "s|URL|$url|" a.yaml
	sed -i 's/get_env("N")/get_env("N", "0")/g' a.yaml
	interrupted_at a.yaml main.b
	[ "$(lexflow resume -q first --env N=7)" = '"07"' ]
	[ "$(lexflow rerun -q first --from d)" = '"07"' ]
	[ "$(lexflow eval 'sys.get_env("N", "0")' --at first/c)" = '"7"' ]
	[ "$(lexflow eval 'sys.get_env("N", "0")' --at first/b)" = '"0"' ]
}

@test "show --at gives the variables of every strand at an event or a step" {
	branches 0 a.yaml
	lexflow run -q a.yaml --id first --env W=here
	run -0 lexflow show first --at main.add#2 --json
	[ "$(jq -c '[.variables.n, .variables.r, .variables.total, .variables.w]' <<<"$output")" = '[2,4,2,"here"]' ]
	[ "$(jq -c '[.strands[] | [.strand, .step, .iteration]]' <<<"$output")" = '[[1,"main.each",[]],[3,"main.add",[1]],[4,"helper.think",[2]]]' ]
	run -0 lexflow show first --at helper.think#3 --json
	[ "$(jq -c '[.strands[3].frames[] | [.routine, .branch, .variables.n]]' <<<"$output")" = '[["helper",false,3],["main",true,3]]' ]
	last=$(lexflow show first --json | jq .events)
	[ "$(lexflow show first --at "$last" --json | jq .ended)" = true ]
	run -0 lexflow show first --at nap
	[[ "$output" == *"strand 1, at main.nap"*"total = 12"* ]]
	run -4 lexflow show first --at $((last + 1))
	run -4 lexflow show first --at nap#2
	[ "$(lexflow eval 'total * 2' --at first/nap)" = 24 ]
	[ "$(lexflow eval 'total * 2' --at first/nap --vars '{"total": 1}')" = 2 ]
	run -2 lexflow eval 1 --at first
	run -4 lexflow eval 1 --at nobody/nap
}

@test "a run that waits says for what, since when, which attempt, the next one and the last error" {
	cat >w.yaml <<-'END'
		main:
		  steps:
		    - get:
		        try: {call: http.get, args: {url: "http://127.0.0.1:1/x"}}
		        retry: {predicate: "${always}", max_retries: 4, backoff: {initial_delay: 0.01, max_delay: 600, multiplier: 30000}}
		always:
		  params: [e]
		  steps: [{yes: {return: true}}]
	END
	lexflow run -q w.yaml --id first 3>&- &
	pid=$!
	for _ in $(seq 3000); do
		[ "$(lexflow show first --events 2>/dev/null | grep -c '"function":"retry"')" = 2 ] && break
		sleep 0.02
	done
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	run -0 lexflow show first --json
	[ "$(jq -c '.waits | map([.for, .step, .attempt, .of])' <<<"$output")" = '[["retry","main.get",3,5]]' ]
	[ "$(jq -r '.waits[0].error.tags[0]' <<<"$output")" = ConnectionFailedError ]
	# 0.01 * 30000 seconds after it began to wait
	[ "$(jq '.waits[0] | (.until[0:19] + "Z" | fromdate) - (.since[0:19] + "Z" | fromdate)' <<<"$output")" = 300 ]
	run -0 lexflow show first
	[[ "$output" == *"waits for  the next attempt (main.get) since "*", attempt 3 of 5, at "*"; last error: ConnectionFailedError"* ]]
}

@test "diff of two runs: where they parted, what their calls and results differ in" {
	start_peer
	cat >d.yaml <<-END
		main:
		  params: [n]
		  steps:
		    - now: {call: sys.now, result: t}
		    - each:
		        parallel:
		          for:
		            value: i
		            in: [0, 1, 2]
		            steps:
		              - ask: {call: http.get, args: {url: '\${"$url/" + string(if(i == 1, n, i))}'}}
		    - check: {switch: [{condition: "\${n == 7}", next: more}]}
		    - out: {return: "\${n}"}
		    - more: {call: sys.sleep, args: {seconds: 0.01}}
		    - late: {return: late}
	END
	lexflow run -q d.yaml --id a --data 1
	lexflow run -q d.yaml --id b --data 1
	lexflow run -q d.yaml --id c --data 7
	run -0 lexflow diff a b --exit-code --json
	[ "$(jq -c '[.equal, .first, .calls, .end, .same_definition]' <<<"$output")" = '[true,null,[],[],true]' ]
	[ "$(jq -c '.steps["main.ask"].calls' <<<"$output")" = '[3,3]' ]
	run -1 lexflow diff a c --exit-code --json
	[ "$(jq -c '.first | [.events, .differences]' <<<"$output")" = '[[1,1],["argument: 1 -> 7"]]' ]
	[ "$(jq -c '.calls[0] | [.step, .iteration, .differences[0]]' <<<"$output")" = "[\"main.ask\",[1],\"request.url: \\\"$url/1\\\" -> \\\"$url/7\\\"\"]" ]
	[ "$(jq -c '.calls[1] | [.step, .differences]' <<<"$output")" = '["main.more",["only in c"]]' ]
	[ "$(jq -c .end <<<"$output")" = '["result: 1 -> \"late\""]' ]
	# a redrive parts from its parent at the step whose variables were changed
	lexflow rerun -q a --from ask --iteration 1 --set i=2
	run -0 lexflow diff a last
	[[ "$output" == *"first difference: event "*", step main.ask"* ]]
	[[ "$output" == *"main.ask [1]"*"request.url: \"$url/1\" -> \"$url/2\""* ]]
	run -4 lexflow diff a nobody
}

@test "callbacks before the cut stay where they were; runs that were started are not started again" {
	cat >child.yaml <<-'END'
		main: {params: [n], steps: [{out: {return: '${n + 1}'}}]}
	END
	cat >k.yaml <<-'END'
		main:
		  steps:
		    - open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: door}
		    - ask: {call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run, args: {workflow_id: child, argument: 1}, result: two}
		    - wait: {call: events.await_callback, args: {callback: "${door}", timeout: 60}, result: request}
		    - again: {call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run, args: {workflow_id: child, argument: "${two}"}, result: three}
		    - out: {return: ["${two}", "${three}", "${request.http_request.body}"]}
	END
	lexflow run -q k.yaml --id first --workflows . >out 3>&- &
	pid=$!
	waits_for_callback first
	curl -sS -X POST -H 'Content-Type: application/json' -d '"hello"' "$(jq -r .url wait)" >/dev/null
	wait "$pid"
	[ "$(jq -c . out)" = '[2,3,"hello"]' ]
	[ "$(jq -r .step wait)" = main.wait ]
	# the request is part of what is shared; the first child was asked for before the cut
	[ "$(lexflow list --json | grep -c startedBy)" -eq 2 ]
	[ "$(lexflow rerun -q first --from again --workflows . | jq -c .)" = '[2,3,"hello"]' ]
	[ "$(lexflow list --json | grep -c startedBy)" -eq 3 ]
	# from the wait on it waits again, at the same path
	id=$(lexflow show first --events | jq -r 'select(.kind == "opened") | .content.callback')
	lexflow rerun -q first --from wait --workflows . >out 3>&- &
	pid=$!
	waits_for_callback last
	[[ "$(jq -r .url wait)" == *"/callbacks/$id" ]]
	curl -sS -X POST -H 'Content-Type: application/json' -d '"other"' "$(jq -r .url wait)" >/dev/null
	wait "$pid"
	[ "$(jq -c . out)" = '[2,3,"other"]' ]
}

@test "from the last attempt of a step that was retried: the attempts before are shared" {
	start_peer
	touch broken
	cat >r.yaml <<-END
		main:
		  steps:
		    - get:
		        try:
		          steps:
		            - ask: {call: http.get, args: {url: "$url/fail"}}
		        retry: {predicate: "\${always}", max_retries: 2, backoff: {initial_delay: 0.01, max_delay: 1, multiplier: 1}}
		    - out: {return: done}
		always:
		  params: [e]
		  steps: [{yes: {return: true}}]
	END
	run -1 lexflow run -q r.yaml --id first
	[ "$(wc -l <calls)" -eq 3 ]
	run -1 lexflow rerun -q first --from ask#3 # no retry is left
	[ "$(wc -l <calls)" -eq 4 ]
	rm broken
	[ "$(lexflow rerun -q first --from ask#2)" = '"done"' ]
	[ "$(wc -l <calls)" -eq 5 ]
}

@test "a redriven run that is killed is resumed like any other; what it sends is announced first" {
	start_peer
	cat >s.yaml <<-END
		main:
		  steps:
		    - all:
		        parallel:
		          branches:
		            - one: {steps: [{a: {call: http.post, args: {url: "$url/one", body: 1}}}]}
		            - two: {steps: [{b: {call: http.post, args: {url: "$url/two", body: 2}}}]}
		    - nap: {call: sys.sleep, args: {seconds: '\${int(sys.get_env("NAP"))}'}}
		    - out: {return: '\${total}'}
	END
	sed -i 's/    - all:/    - init: {assign: [{total: 1}]}\n&/' s.yaml
	lexflow run -q s.yaml --id first --env NAP=0
	lexflow rerun -q first --from b --set total=2 --env NAP=3600 3>&- &
	pid=$!
	for _ in $(seq 3000); do
		id=$(lexflow list --json | command jq -r "select(.redriveOf) | .id")
		lexflow show "${id:-none}" --json 2>/dev/null | jq -e '.waits[] | select(.step == "main.nap")' >nap && break
		sleep 0.02
	done
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	run -0 lexflow show "$id"
	[[ "$output" == *"INTERRUPTED"*"waits for  the end of a sleep (main.nap) since "*", until "* ]]
	# an hour passes: what the run did is an hour ago
	sqlite3 "$XDG_STATE_HOME/lexflow/state.db" 'UPDATE events SET time_us = time_us - 3600000000'
	[ "$(lexflow resume -q "$id")" = 2 ]
	[ "$(grep -c "$id/" calls)" -eq 2 ]
	[ "$(lexflow show "$id" --events | jq -s 'map(.number) == [range(1; length + 1)]')" = true ]
}
