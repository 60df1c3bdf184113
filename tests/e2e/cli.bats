#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# The command line's contract: stdout, stderr, exit status; past runs; resume; one step again.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	if [ -n "${runner:-}" ]; then kill -9 "$runner" 2>/dev/null && wait "$runner" || true; fi
}

loop() { # three rounds, each with a wait, a log line and a sum
	cat >loop.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - init:
		        assign: [{n: 0}, {started: "${sys.now()}"}]
		    - each:
		        for:
		          value: v
		          range: [1, 3]
		          steps:
		            - wait:
		                call: sys.sleep
		                args: {seconds: 0.01}
		            - note:
		                call: sys.log
		                args: {text: "${\"round \" + v}", severity: NOTICE}
		            - add:
		                assign: [{n: "${n + v}"}]
		    - out:
		        return: {n: "${n}", args: "${args}"}
	END
}

# Runs slow.yaml until it waits for its last iteration alone.
killed_run() {
	cat >slow.yaml <<-'END'
		- init:
		    assign: [{n: 0}]
		- each:
		    parallel:
		      shared: [n]
		      for:
		        value: v
		        in: [0, 0, 3600]
		        steps:
		          - wait:
		              call: sys.sleep
		              args: {seconds: "${v}"}
		          - add:
		              assign: [{n: "${n + 1}"}]
		- out:
		    return: ${n}
	END
	lexflow run slow.yaml --id "$1" 2>/dev/null &
	runner=$!
	for _ in $(seq 3000); do
		[ "$(lexflow show "$1" --events 2>/dev/null | grep -c answered)" -ge 2 ] && break
		sleep 0.02
	done
}

# What the runs did is an hour ago.
hour_passes() {
	sqlite3 "$LEXFLOW_STATE" 'UPDATE events SET time_us = time_us - 3600000000'
}

@test "stdout holds exactly the result, talk is on stderr" {
	loop
	run --separate-stderr lexflow run loop.yaml --data '{"a": [1, 2.5, "x"]}' --id first
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$output" = '{"args":{"a":[1,2.5,"x"]},"n":6}' ]
	[[ "$stderr" == *"run first"* ]]
	[[ "$stderr" == *"round 3"* ]]
}

@test "without --data the argument is null, with @FILE and - it is read" {
	loop
	run --separate-stderr lexflow run loop.yaml --quiet
	[ "$output" = '{"args":null,"n":6}' ]
	echo '"from a file"' >data.json
	run --separate-stderr lexflow run loop.yaml --quiet --data @data.json
	[ "$output" = '{"args":"from a file","n":6}' ]
	run --separate-stderr bash -c 'echo 7 | lexflow run loop.yaml --quiet --data -'
	[ "$output" = '{"args":7,"n":6}' ]
}

@test "a failed run: exit 1, the last line on stderr is the error" {
	printf -- '- fail:\n    raise: {code: 7}\n' >fail.yaml
	run --separate-stderr lexflow run fail.yaml
	echo "$stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$(tail -n 1 <<<"$stderr" | jq -c .error.payload)" = '{"code":7}' ]
	[ "$(tail -n 1 <<<"$stderr" | jq -r '.error.stackTrace.elements[0] | .routine + "." + .step')" = main.fail ]
}

@test "an error of the result has no place: its stack trace is an empty list" {
	printf -- '- out:\n    return: ${text.encode("x")}\n' >bytes.yaml
	run --separate-stderr lexflow run bytes.yaml
	echo "$stderr"
	[ "$status" -eq 1 ]
	[ "$(tail -n 1 <<<"$stderr" | jq -c .error.stackTrace.elements)" = '[]' ]
}

@test "user variables reach sys.get_env, the host's do not" {
	printf -- '- out:\n    return: %s\n' "'\${[sys.get_env(\"MINE\"), sys.get_env(\"FILED\"), sys.get_env(\"HOME\")]}'" >env.yaml
	printf '# comment\nFILED=two words\n' >vars
	HOME=/nowhere run --separate-stderr lexflow run env.yaml --env MINE=1 --env-file vars
	echo "$stderr"
	[ "$output" = '["1","two words",null]' ]
	run --separate-stderr lexflow run env.yaml --env GOOGLE_CLOUD_PROJECT_ID=x
	[ "$status" -eq 2 ]
}

@test "list, show and logs tell what happened" {
	loop
	lexflow run loop.yaml --id first --quiet
	run lexflow list --json
	[ "$(jq -r '.id + " " + .state' <<<"$output")" = "first SUCCEEDED" ]
	run lexflow logs first
	[ "${#lines[@]}" -eq 3 ]
	[[ "${lines[1]}" == *"NOTICE"*"round 2" ]]
	run lexflow show first --json
	[ "$(jq -c '.steps["main.wait"].calls' <<<"$output")" = 3 ]
	run lexflow show first --events
	[ "$(jq -s 'map(.number) == [range(1; length + 1)]' <<<"$output")" = true ]
	run lexflow show none
	[ "$status" -eq 4 ]
}

@test "a killed run is interrupted, and resume ends it with the undisturbed result" {
	killed_run cut
	kill -9 "$runner"
	wait "$runner" || true
	runner=
	run lexflow list --json
	[ "$(jq -r .state <<<"$output")" = INTERRUPTED ]
	hour_passes
	run --separate-stderr lexflow resume cut
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$output" = 3 ]
	run --separate-stderr lexflow resume cut
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"has ended"* ]]
}

@test "SIGINT leaves a run that can be resumed: exit 130 and the command to do so" {
	killed_run stopped 2>/dev/null
	kill -INT "$runner"
	code=0
	wait "$runner" || code=$?
	runner=
	[ "$code" -eq 130 ]
	hour_passes
	run --separate-stderr lexflow resume stopped
	[ "$output" = 3 ]
}

@test "a run has one owner: a second process is told who" {
	killed_run owned
	run --separate-stderr lexflow resume owned
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ "$stderr" == *"$runner"* ]]
}

@test "one step again: any iteration, from its inputs, old and new compared" {
	loop
	lexflow run loop.yaml --id first --quiet
	run --separate-stderr lexflow rerun first add --iteration 1
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ "$output" == *'old: {"variables":{"n":3}}'* ]]
	[[ "$output" == *'none'* ]]
	run --separate-stderr lexflow rerun first main.add --iteration 1 --set n=10 --json
	[ "$(jq -c '[.old.variables.n, .new.variables.n, .equal]' <<<"$output")" = '[3,12,false]' ]
	run --separate-stderr lexflow rerun first add --all --json
	[ "$(jq -s -c 'map(.new.variables.n)' <<<"$output")" = '[1,3,6]' ]
	# the old run is as it was, the new ones are linked to it
	run lexflow show first --json
	[ "$(jq -r '.end.result.n' <<<"$output")" = 6 ]
	run lexflow list --json
	[ "$(jq -s 'map(select(.rerunOf == "first")) | length' <<<"$output")" -eq 5 ]
}

@test "rerun asks which one when a step ran several times, and says when it never did" {
	loop
	lexflow run loop.yaml --id first --quiet
	run --separate-stderr lexflow rerun first add
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"--iteration"* ]]
	run --separate-stderr lexflow rerun first add --iteration 9
	[ "$status" -eq 4 ]
	run --separate-stderr lexflow rerun first nowhere
	[ "$status" -eq 4 ]
	run --separate-stderr lexflow rerun first add --iteration 1 --set nosuch=1
	[ "$status" -eq 2 ]
	[[ "$stderr" == *nosuch* ]]
}

@test "rerun of a call that failed, once the world is mended" {
	cat >call.yaml <<-'END'
		- fetch:
		    call: http.get
		    args: {url: "${sys.get_env(\"TARGET\")}"}
		    result: r
	END
	run --separate-stderr lexflow run call.yaml --id broken --env TARGET=http://127.0.0.1:9/a
	[ "$status" -eq 1 ]
	run --separate-stderr lexflow rerun broken fetch --failed --json
	[ "$status" -eq 1 ]
	[ "$(jq -r '.new.raised.tags[0]' <<<"$output")" = ConnectionFailedError ]
}

@test "several processes share one state database" {
	loop
	for i in 1 2 3 4; do lexflow run loop.yaml --id "p$i" --quiet >"out$i" & pids="${pids:-} $!"; done
	for pid in $pids; do wait "$pid"; done
	cat out?
	[ "$(cat out? | sort -u)" = '{"args":null,"n":6}' ]
	[ "$(lexflow list --json | jq -s 'map(select(.state == "SUCCEEDED")) | length')" -eq 4 ]
}

@test "the first run of all makes its folders" {
	unset LEXFLOW_STATE
	printf -- '- out:\n    return: 1\n' >one.yaml
	XDG_STATE_HOME="$BATS_TEST_TMPDIR/new/state" run --separate-stderr lexflow run one.yaml
	echo "$stderr"
	[ "$output" = 1 ]
	[ -f new/state/lexflow/state.db ]
}

@test "help, version and unknown words" {
	run lexflow --help
	[ "$status" -eq 0 ]
	[[ "$output" == *"rerun"* ]]
	run lexflow help rerun
	[[ "$output" == *"--iteration"* ]]
	run lexflow version
	[[ "$output" =~ ^lexflow\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run --separate-stderr lexflow frobnicate
	[ "$status" -eq 2 ]
	run --separate-stderr lexflow run --frobnicate
	[ "$status" -eq 2 ]
}

@test "last, for rerun, is the newest run with a history: a rerun does not stand in the way of the next" {
	loop
	lexflow run -q loop.yaml --id first
	lexflow rerun -q last main.init
	run -0 lexflow rerun -q last main.init
	[[ "$output" == *"of run first"* ]]
}

@test "a variable that the step does not know: nothing is run, and no run is left behind" {
	loop
	lexflow run -q loop.yaml --id first
	run -2 --separate-stderr lexflow rerun -q first main.init --set nope=1
	[[ "$stderr" == *'no variable "nope"'* ]]
	[ "$(lexflow list --json | wc -l)" = 1 ]
}

@test "logs: control characters do not reach the terminal" {
	printf -- '- told: {call: sys.log, args: {text: "a\\e[31mb\\nforged"}}\n' >told.yaml
	lexflow run -q told.yaml --id told
	run -0 lexflow logs told
	[ "${#lines[@]}" = 1 ]
	[[ "$output" == *'a [31mb\nforged' ]]
}

@test "an operand too many is refused: exit 2, nothing executed" {
	loop
	run -2 --separate-stderr lexflow run loop.yaml more.yaml
	[[ "$stderr" == *'"more.yaml"'* ]]
	[ ! -e state.db ]
}
