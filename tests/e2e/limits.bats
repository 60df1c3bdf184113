#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# Limits from the outside: how they are listed, lifted and met; what `show` says of them; what a start loads.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >count.yaml <<-'END'
		- init:
		    assign: [{n: 0}, {text: "0123456789"}]
		- add:
		    assign: [{n: "${n + 1}"}]
		- again:
		    switch:
		      - condition: ${n < 5}
		        next: add
		- out:
		    return: ${n}
	END
}

teardown() {
	if [ -n "${runner:-}" ]; then kill -9 "$runner" 2>/dev/null && wait "$runner" || true; fi
}

@test "help limits lists each limit with its default and what a breach does" {
	run -0 lexflow help limits
	[[ "$output" =~ steps[[:space:]]+100000[[:space:]].*ResourceLimitError ]]
	[[ "$output" =~ memory_bytes[[:space:]]+524288[[:space:]] ]]
	[[ "$output" =~ call_depth[[:space:]]+20[[:space:]].*RecursionError ]]
	run -0 lexflow run --help
	[[ "$output" == *"lexflow help limits"* ]]
}

@test "a limit that is met names itself, and can be lifted" {
	run -1 --separate-stderr lexflow run -q count.yaml --limit steps=11
	[[ "$stderr" == *"(limit steps)"* ]]
	run -0 --separate-stderr lexflow run -q count.yaml --limit steps=12
	[ "$output" = 5 ]
	run -0 --separate-stderr lexflow run -q count.yaml --limit steps=off
	run -2 --separate-stderr lexflow run -q count.yaml --limit stepps=3
	[[ "$stderr" == *"the limits are steps, memory_bytes"* ]]
}

@test "an argument beyond its limit is refused before anything runs" {
	printf '"%032767d"' 0 >large.json
	run -2 --separate-stderr lexflow run -q count.yaml --data @large.json
	[[ "$stderr" == *"(limit argument_bytes)"* ]]
	run -0 lexflow list
	[[ "$output" != *count.yaml* ]]
	run -0 --separate-stderr lexflow run -q count.yaml --data @large.json --limit argument_bytes=off
}

# the assignment, 5 x (assignment, switch), the return; null argument 8, n 8, text 10
@test "show says what a run used of what it may use" {
	lexflow run -q count.yaml --id used
	run -0 lexflow show used
	[[ "$output" =~ steps[[:space:]]+12\ of\ 100000 ]]
	[[ "$output" =~ memory_bytes[[:space:]]+26\ of\ 524288 ]]
	[[ "$output" =~ call_depth[[:space:]]+1\ of\ 20\ \(5%\) ]]
	[ "$(lexflow show used --json | jq -c '[.usage.steps, .usage.memory_bytes, .limits.steps]')" = "[12,26,100000]" ]
}

@test "show says it of a run that is not over, from its history" {
	cat >wait.yaml <<-'END'
		- fan:
		    parallel:
		      for:
		        value: v
		        in: [1, 2, 3]
		        steps:
		          - nap:
		              call: sys.sleep
		              args: {seconds: 600}
	END
	lexflow run -q wait.yaml --id waits &
	runner=$!
	for _ in $(seq 600); do
		[ "$(lexflow show waits --events 2>/dev/null | grep -c announced)" -eq 3 ] && break
		sleep 0.1
	done
	run -0 lexflow show waits
	[[ "$output" =~ parallel_branches[[:space:]]+3\ of\ 20 ]]
	[[ "$output" =~ steps[[:space:]]+7\ of\ 100000 ]]
}

@test "a start loads the C library and little else" {
	for program in lexflow classify extract store; do
		loaded=$(LD_TRACE_LOADED_OBJECTS=1 "$LEXFLOW_BIN/$program" | grep -c '=> /' || true)
		[ "$loaded" -le 2 ] || case $(LD_TRACE_LOADED_OBJECTS=1 "$LEXFLOW_BIN/$program") in
		*libasan* | *libtsan* | *libubsan*) ;; # a sanitizer brings its own
		*) false ;;
		esac
	done
}
