#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# A state database that is not what it was: every command says so, none believes it.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db" XDG_STATE_HOME="$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >w.yaml <<-'END'
		main:
		  params: [text]
		  steps:
		    - nap: {call: sys.sleep, args: {seconds: 0.001}}
		    - end: {return: "${text}"}
	END
	lexflow run -q w.yaml --id one --data "\"$(printf 'x%.0s' $(seq 1000))\"" >/dev/null
	lexflow run -q w.yaml --id two --data '"y"' >/dev/null
}

# Every command that reads run one ends with status $1 and says $2, with a hint; run two is not concerned.
refused() {
	for command in "show one" "show one --json" "show one --events" "show one --at 2" "diff one two" "export one" \
		"rerun one nap" "rerun one --from end" "graph one" "logs one"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr lexflow $command
		echo "$command: $status $stderr"
		[ "$status" -eq "$1" ]
		[[ "$stderr" == *"$2"*"hint: "* ]]
	done
	run -0 lexflow list
	lexflow show two >/dev/null
}

@test "an event of a kind, strand or effect that cannot be" {
	for change in kind=99 kind=0 kind=-1 strand=-5 effect=-1 effect=1099511627776; do
		sqlite3 state.db 'CREATE TABLE kept AS SELECT * FROM events'
		sqlite3 state.db "UPDATE events SET $change WHERE number = 3 AND run = 1"
		refused 3 "event 3 of run one is damaged"
		sqlite3 state.db 'DELETE FROM events; INSERT INTO events SELECT * FROM kept; DROP TABLE kept'
	done
}

@test "an event that is missing" {
	sqlite3 state.db 'DELETE FROM events WHERE number = 2 AND run = 1'
	refused 3 "event 2 of run one is missing"
}

@test "a content of which one byte is another" {
	[ "$(sqlite3 state.db 'SELECT count(*) FROM contents')" -ge 1 ]
	sqlite3 state.db "UPDATE contents SET bytes = CAST(replace(CAST(bytes AS TEXT), 'xxxx', 'xyxx') AS BLOB), codec = 0"
	refused 3 "is damaged"
}

@test "a content that claims to be larger than it is, or to unpack to more" {
	sqlite3 state.db "UPDATE contents SET size = size + 1"
	refused 3 "is damaged"
	sqlite3 state.db "UPDATE contents SET codec = 1"
	refused 3 "is damaged"
	sqlite3 state.db "DELETE FROM content_uses; DELETE FROM contents"
	refused 3 "is missing"
}

@test "strands of high numbers are compared as they are" {
	sqlite3 state.db 'UPDATE events SET strand = 9007199254740991 WHERE strand = 1 AND run = 1'
	run -0 lexflow diff one two --json
	[ "$(jq -c .equal <<<"$output")" = false ]
}
