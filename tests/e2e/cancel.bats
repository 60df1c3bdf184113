#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# lexflow cancel: a run ends from outside, whoever owns it.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db" XDG_STATE_HOME="$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
	# A cancelled run enters no except block (reference, 11.6): were it to, it would wait, and then say so.
	cat >wait.yaml <<-'END'
		main:
		  steps:
		    - guarded:
		        try:
		          call: sys.sleep
		          args: {seconds: 3600}
		        except:
		          as: e
		          steps:
		            - caught:
		                call: sys.log
		                args: {text: caught}
		    - done:
		        return: 1
	END
}

teardown() {
	[ -z "${runner:-}" ] || kill -9 "$runner" 2>/dev/null || true
}

# Until the command that is given succeeds.
until_true() {
	for _ in $(seq 1200); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

has_announced() {
	lexflow show "$1" --events 2>/dev/null | grep -q announced
}

begin() {
	lexflow run -q wait.yaml --id "$1" 2>run.err 3>&- &
	runner=$!
	until_true has_announced "$1"
}

# Do the step of `first` again until it waits; $again is the new run.
begin_again() {
	lexflow rerun -q first guarded >out 2>run.err 3>&- &
	runner=$!
	until_true has_rerun
	again=$(lexflow list --json | jq -r 'select(.rerunOf).id')
	until_true has_announced "$again"
}

has_rerun() {
	[ -n "$(lexflow list --json 2>/dev/null | jq -r 'select(.rerunOf).id')" ]
}

state() {
	lexflow list --json | jq -r "select(.id == \"$1\").state"
}

has_wish() {
	[ "$(sqlite3 state.db 'SELECT count(*) FROM cancellations')" = 1 ]
}

is_cancelled() {
	[ "$(state "$1")" = CANCELLED ]
	[ "$(lexflow show "$1" --events | tail -1 | jq '.content.cancelled')" = true ]
	! lexflow logs "$1" | grep caught
	[ "$(sqlite3 state.db 'SELECT count(*) FROM cancellations')" = 0 ]
}

@test "a run that another process owns is ended by it" {
	begin a
	run --separate-stderr lexflow cancel a
	[ "$status" -eq 0 ]
	[ "$stderr" = "run a was cancelled" ]
	status=0
	wait "$runner" || status=$?
	[ "$status" -eq 1 ]
	grep -q 'run a was cancelled' run.err
	is_cancelled a
}

@test "an interrupted run is ended by whoever cancels it" {
	begin a
	kill -9 "$runner"
	wait "$runner" || true
	[ "$(state a)" = INTERRUPTED ]
	run --separate-stderr lexflow cancel a
	[ "$status" -eq 0 ]
	is_cancelled a
	run --separate-stderr lexflow resume a
	[ "$status" -eq 2 ]
}

@test "an owner that dies before it looks: the run is ended all the same" {
	begin a
	kill -STOP "$runner"
	lexflow cancel a 2>cancel.err &
	canceller=$!
	until_true has_wish
	kill -9 "$runner"
	wait "$runner" || true
	wait "$canceller"
	is_cancelled a
}

@test "a request that no owner saw is met by the next" {
	begin a
	kill -9 "$runner"
	wait "$runner" || true
	sqlite3 state.db "INSERT INTO cancellations SELECT row, 1 FROM runs WHERE id = 'a'"
	run --separate-stderr lexflow resume a
	[ "$status" -eq 1 ]
	[ "$(state a)" = CANCELLED ]
}

@test "of several runs in one database only the named one ends" {
	begin b
	other=$runner
	begin a
	lexflow cancel a
	wait "$runner" || true
	[ "$(state a)" = CANCELLED ]
	[ "$(state b)" = ACTIVE ]
	kill -9 "$other"
	wait "$other" || true
}

@test "what has ended cannot be cancelled" {
	printf 'main:\n  steps:\n    - r:\n        return: 1\n' >one.yaml
	lexflow run -q one.yaml --id a
	run --separate-stderr lexflow cancel a
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"run a has ended (SUCCEEDED)"* ]]
	run --separate-stderr lexflow cancel nobody
	[ "$status" -eq 4 ]
}

@test "a step done again that is interrupted ends, and nothing of it is left to resume" {
	begin first
	first=$runner
	begin_again
	kill -TERM "$runner"
	status=0
	wait "$runner" || status=$?
	[ "$status" -eq 130 ]
	[ "$(cat run.err)" = "interrupted; the old run is as it was" ]
	is_cancelled "$again"
	[ "$(state first)" = ACTIVE ]
	kill -9 "$first"
}

@test "a step done again that was killed is ended by cancel, and by nothing else" {
	begin first
	kill -9 "$runner"
	begin_again
	kill -9 "$runner"
	wait "$runner" || true
	[ "$(state "$again")" = INTERRUPTED ]
	run -2 --separate-stderr lexflow resume "$again"
	[[ "$stderr" == *"lexflow cancel $again"* ]]
	run -0 --separate-stderr lexflow cancel "$again"
	[ "$stderr" = "run $again was cancelled" ]
	is_cancelled "$again"
	[ "$(lexflow list --json | jq -r 'select(.rerunOf).endTime')" != null ]
	run -2 lexflow cancel "$again"
	lexflow cancel -q first
}

@test "a run whose definition does not repeat its history can be ended all the same" {
	begin a
	kill -9 "$runner"
	wait "$runner" || true
	sqlite3 state.db "UPDATE events SET content = replace(content, '3600', '3601')"
	run -2 lexflow resume a
	run -0 --separate-stderr lexflow cancel a
	[[ "$stderr" == *"main.guarded"*"run a was cancelled" ]]
	is_cancelled a
}
