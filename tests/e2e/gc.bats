#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# lexflow gc: what goes, what stays.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db" XDG_STATE_HOME="$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >w.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - wait:
		        call: sys.sleep
		        args: {seconds: "${if(args == null, 3600, 0)}"}
		    - done:
		        return: ${len(args)}
	END
}

ask() {
	sqlite3 state.db "$1"
}

ids() {
	lexflow list --limit 0 --json | jq -r .id | sort | tr '\n' ' '
}

# A run that waits for an hour, and whose process is gone.
interrupted() {
	lexflow run -q w.yaml --id "$1" 3>&- &
	local runner=$!
	for _ in $(seq 1200); do
		lexflow show "$1" --events 2>/dev/null | grep -q announced && break
		sleep 0.05
	done
	kill -9 "$runner"
	wait "$runner" || true
}

@test "runs that ended before the age go, with what only they needed" {
	large=$(head -c 20000 /dev/zero | tr '\0' x)
	lexflow run -q w.yaml --id a --data "\"$large\""
	lexflow run -q w.yaml --id b --data "\"$large\""
	[ "$(ask 'SELECT count(*) FROM contents')" = 1 ]
	run --separate-stderr lexflow gc
	[ "$output" = "deleted 0 runs with 0 events, 0 contents, 0 definitions; 2 runs in the database" ]
	lexflow gc --older-than 0s --keep 1 >/dev/null
	[ "$(ids)" = "b " ]
	[ "$(ask 'SELECT count(*) FROM contents')" = 1 ] # b needs it
	[ "$(lexflow show b --json | jq '.argument | length')" = 20000 ]
	lexflow gc --older-than 0s >/dev/null
	[ "$(ids)" = "" ]
	for table in runs events contents content_uses definitions; do
		[ "$(ask "SELECT count(*) FROM $table")" = 0 ]
	done
}

@test "a dry run says what would go and deletes nothing" {
	lexflow run -q w.yaml --id a --data '"x"'
	run --separate-stderr lexflow gc --older-than 0s --dry-run
	[ "$output" = "would delete 1 run with 4 events; 1 run in the database" ]
	[ "$(ids)" = "a " ]
}

@test "a run that has not ended stays, and can still go on" {
	interrupted a
	lexflow gc --older-than 0s >/dev/null
	[ "$(ids)" = "a " ]
	lexflow show a | grep -q "^state  *INTERRUPTED"
}

@test "a run stays as long as a rerun of it does" {
	lexflow run -q w.yaml --id a --data '"x"'
	lexflow rerun a wait --yes >/dev/null 2>&1 || lexflow rerun a wait >/dev/null 2>&1
	lexflow gc --older-than 0s --keep 1 >/dev/null
	[ "$(ask 'SELECT count(*) FROM runs')" = 2 ]
	lexflow gc --older-than 0s >/dev/null
	[ "$(ask 'SELECT count(*) FROM runs')" = 0 ]
}

@test "the room comes back" {
	for i in $(seq 40); do
		printf '"%s"' "$(head -c 3000 /dev/urandom | od -An -tx1 | tr -d ' \n')" >data.json
		lexflow run -q w.yaml --id "r$i" --data @data.json >/dev/null
	done
	sqlite3 state.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	before=$(stat -c %s state.db)
	lexflow gc --older-than 0s --json >report.json
	[ "$(jq .runs report.json)" = 40 ]
	[ "$(jq .packed report.json)" = true ]
	[ "$(stat -c %s state.db)" -lt $((before / 2)) ]
	[ "$(ask 'PRAGMA integrity_check')" = ok ]
}

@test "an age that is none is refused" {
	for age in x 9 -1d 1y 99999999999999999999d; do
		run --separate-stderr lexflow gc --older-than="$age"
		[ "$status" -eq 2 ]
		[[ "$stderr" == *"--older-than is a number"* ]]
	done
}
