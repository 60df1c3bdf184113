#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# show and list: why a run failed, where, what it waits for, and which command to type next.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >wait.yaml <<-'END'
		- nap: {call: sys.sleep, args: {seconds: 3600}}
		- end: {return: rested}
	END
	cat >fail.yaml <<-'END'
		main:
		  steps:
		    - init: {assign: [{n: 0}]}
		    - loop:
		        for:
		          value: i
		          range: [1, 3]
		          steps:
		            - pause: {call: sys.sleep, args: {seconds: 0.001}}
		            - test: {call: judge, args: {i: "${i}"}}
		    - end: {return: fine}
		judge:
		  params: [i]
		  steps:
		    - look: {switch: [{condition: "${i == 2}", raise: {code: 7, message: "no good"}}]}
	END
}

teardown() {
	for pid in ${runner:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

until_true() { # the command that is given, with a bound
	for _ in $(seq 1200); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

waits() {
	[ "$(lexflow list --json "${@:2}" 2>/dev/null | jq -r "select(.id == \"$1\") | .waitCount")" = 1 ]
}

begin() {
	lexflow run -q wait.yaml --id "$1" 3>&- &
	runner="${runner:-} $!"
	until_true waits "$1"
}

# The commands that show gives for a run, a line each.
commands() {
	lexflow show "$@" | sed -n '/^next /,$p' | sed 's/^next//; s/^ *//; s/  *# .*//'
}

@test "show of a failed run says why, where, and what to type; each command does it" {
	run -1 lexflow run -q fail.yaml --id bad
	run -0 lexflow show bad
	[[ "$output" == *'error      no good'* || "$output" == *'error '*'no good'* ]]
	[[ "$output" == *$'\n           in step "look", routine "judge", line: '* ]]
	[[ "$output" == *"failed at  judge.look#2 (fail.yaml:15)"* ]]
	[ "$(lexflow show bad --json | jq -r .failedAt)" = "judge.look#2" ]
	commands bad >next
	[ "$(cat next)" = "$(printf '%s\n' 'lexflow show bad --at judge.look#2' 'lexflow rerun bad judge.look --failed' \
		'lexflow rerun bad --from judge.look#2')" ]
	[ "$(eval "$(sed -n 1p next) --json" | jq -c .variables.i)" = 2 ]
	run -1 eval "$(sed -n 2p next) --json -q"
	[ "$(jq -c '[.step, .equal]' <<<"$output")" = '["judge.look",true]' ]
	[ "$(eval "$(sed -n 3p next) -q --set i=5")" = '"fine"' ]
}

@test "show tells the error of the first branch, not only that branches failed" {
	cat >branches.yaml <<-'END'
		- both:
		    parallel:
		      for: {value: v, in: [1, 2], steps: [{a: {raise: "${\"broken \" + string(v)}"}}]}
	END
	run -1 lexflow run -q branches.yaml --id bad
	run -0 lexflow show bad
	[[ "$output" == *"UnhandledBranchError"*"the first of 2: "*"broken 1"* ]]
	[[ "$output" == *"failed at  main.a (branches.yaml:3)"* ]]
}

@test "list and show say what a run waits for, and whether somebody goes on with it" {
	begin nap
	run -0 lexflow list
	[[ "$output" == *"nap "*"ACTIVE"*$'\n    waits for the end of a sleep (main.nap) since '*", until "* ]]
	run -0 lexflow show nap
	[[ "$output" == *"state      ACTIVE (process ${runner# })"* ]]
	[[ "$output" != *$'\nnext '* ]]
	kill -9 $runner
	wait $runner || true
	run -0 lexflow list --json
	[ "$(jq -c '[.state, .waitCount, (.waits | map([.for, .step]))]' <<<"$output")" = '["INTERRUPTED",1,[["sleep","main.nap"]]]' ]
	[ "$(lexflow show nap --json | jq -r .state)" = INTERRUPTED ]
	[ "$(commands nap)" = "$(printf '%s\n' 'lexflow resume nap' 'lexflow cancel nap')" ]
	eval "$(commands nap | sed -n 2p)"
	[ "$(lexflow show nap --json | jq -r .state)" = CANCELLED ]
	[ -z "$(commands nap)" ]
}

@test "the commands name the database when it was named, quoted for the shell" {
	run -1 lexflow run -q fail.yaml --id bad --state "it's mine.db"
	commands bad --state "it's mine.db" >next
	[ "$(eval "$(sed -n 1p next) --json" | jq -c .variables.i)" = 2 ]
	[ "$(eval "$(sed -n 3p next) -q --set i=5")" = '"fine"' ]
	lexflow run -q wait.yaml --id nap --state "it's mine.db" 2>err 3>&- &
	runner=$!
	until_true waits nap --state "it's mine.db"
	kill -INT "$runner"
	wait "$runner" || [ $? -eq 130 ]
	[ "$(cat err)" = "interrupted; go on with: lexflow resume nap --state 'it'\\''s mine.db'" ]
}

@test "the wait before the next attempt is no call" {
	cat >retry.yaml <<-'END'
		- get:
		    try: {call: http.get, args: {url: "http://127.0.0.1:1/"}}
		    retry: {predicate: "${always}", max_retries: 2, backoff: {initial_delay: 0.001, max_delay: 0.001, multiplier: 1}}
	END
	printf 'main:\n  steps:\n' >r.yaml
	sed 's/^/    /' retry.yaml >>r.yaml
	printf 'always:\n  params: [e]\n  steps: [{yes: {return: true}}]\n' >>r.yaml
	run -1 lexflow run -q r.yaml --id bad
	run -0 lexflow show bad --json
	[ "$(jq -c '.steps["main.get"] | [.calls, .failed, .retries, .answered]' <<<"$output")" = '[3,3,2,3]' ]
}

@test "what JSON cannot hold is still shown, as the journal has it" {
	cat >bytes.yaml <<-'END'
		- fail: {raise: {data: '${base64.decode("/wA=")}', message: odd}}
	END
	run -1 lexflow run -q bytes.yaml --id bad
	[ "$(lexflow show bad --json | jq -c .end.error.payload)" = '{"data":{"$bytes":"/wA="},"message":"odd"}' ]
}

@test "text of others does not drive the terminal" {
	printf -- '- fail: {raise: {message: "a\\e[31mb\\x9bc"}}\n' >'esc.yaml'
	run -1 lexflow run -q esc.yaml --id bad
	lexflow show bad >shown
	lexflow show bad --calls >>shown
	lexflow list >>shown
	lexflow diff bad bad >>shown
	LC_ALL=C run -1 grep -c $'[\x1b\x9b]' shown
	grep -q 'a \[31mb' shown
}

@test "what is not there is told with what to do about it" {
	run -1 lexflow run -q fail.yaml --id bad
	while IFS='|' read -r expected command fact; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr lexflow $command
		echo "$command: $status $stderr"
		[ "$status" -eq "$expected" ]
		[[ "$stderr" == *"$fact"*"hint: "* ]]
	done <<-'END'
		4|show bad --at end|never came to this step
		4|show bad --at judge.look#3|came to this step 2 times
		4|show bad --at 1000|has events 1 to
		4|rerun bad --from end|never came to step main.end
		4|rerun bad --from judge.look#3|came to step judge.look 2 times
		4|rerun bad end|never came to step end
		4|rerun bad init --failed|is the one asked for
		4|rerun bad pause --iteration 9999999999999999999999|is the one asked for
		3|export bad -o /proc/nonexistent/file|cannot make
	END
	lexflow export bad -o there.jsonl
	run -2 --separate-stderr lexflow export bad -o there.jsonl
	[[ "$stderr" == *"already is not written over"* ]]
}
