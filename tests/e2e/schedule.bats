#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# lexflow schedule, and the executions that lexflow serve begins for it. Nothing here waits for a moment to come: the
# moments are in the past, as after a night without a server.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	export LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	unset LEXFLOW_WORKFLOWS LEXFLOW_PORT LEXFLOW_TOKEN
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	printf 'main:\n  params: [a]\n  steps:\n    - r: {return: "${a.n}"}\n' >hello.yaml
}

teardown() {
	for pid in ${servers:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

serve() {
	lexflow serve --port 0 --workflows . -q 2>>"$BATS_TEST_TMPDIR/log" 3>&- &
	servers="${servers:-} $!"
}

stop() {
	kill -TERM "${servers##* }"
	wait "${servers##* }"
	servers=${servers% *}
}

# The last $1 minutes were slept through.
sleep_through() {
	sqlite3 -cmd '.timeout 5000' "$LEXFLOW_STATE" "UPDATE schedules SET done_us = (unixepoch() / 60 * 60 - $1 * 60) * 1000000 + 1"
}

until_true() {
	for _ in $(seq 600); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

succeeded() {
	[ "$(lexflow list --json | jq -s 'map(select(.state == "SUCCEEDED")) | length')" -ge "$1" ]
}

dealt_with() {
	[ "$(sqlite3 -cmd '.timeout 5000' "$LEXFLOW_STATE" 'SELECT done_us >= (unixepoch() / 60 - 1) * 60000000 FROM schedules')" = 1 ]
}

@test "the last of the moments that were slept through is made up for, once" {
	lexflow schedule add nightly --cron '* * * * *' --workflow hello --data '{"n": 7}'
	sleep_through 90
	serve
	until_true succeeded 1
	until_true dealt_with
	id=$(lexflow list --json | jq -rs 'map(select(.state == "SUCCEEDED")) | last | .id')
	[ "$(lexflow show "$id" --json | jq .end.result)" = 7 ]
	# a minute may have come meanwhile, ninety have not
	[ "$(lexflow list --json | wc -l)" -le 3 ]
	[ "$(lexflow schedule list --json | jq -r .lastExecution)" != "" ]
}

@test "with --catch-up all each is made up for, and none twice though it was not noted" {
	lexflow schedule add each --cron '* * * * *' --workflow hello --data '{"n": 1}' --catch-up all
	sleep_through 5
	serve
	until_true succeeded 5
	until_true dealt_with
	stop
	before=$(lexflow list --json | wc -l)
	# as if the server had died between beginning them and noting it
	sleep_through 5
	serve
	until_true dealt_with
	stop
	after=$(lexflow list --json | wc -l)
	[ "$after" -le $((before + 2)) ]
	[ "$(lexflow list --json | jq -r .id | sort -u | wc -l)" -eq "$after" ]
}

@test "with --catch-up none what was missed stays missed" {
	lexflow schedule add lazy --cron '0 0 1 1 *' --workflow hello --catch-up none
	sqlite3 "$LEXFLOW_STATE" 'UPDATE schedules SET done_us = done_us - 800 * 86400000000'
	serve
	until_true test "$(sqlite3 "$LEXFLOW_STATE" 'SELECT count(*) FROM schedules')" = 1
	passed() { [ "$(sqlite3 -cmd '.timeout 5000' "$LEXFLOW_STATE" 'SELECT done_us > (unixepoch() - 400 * 86400) * 1000000 FROM schedules')" = 1 ]; }
	until_true passed
	[ -z "$(lexflow list --json)" ]
}

@test "two servers on one database begin each once" {
	lexflow schedule add both --cron '* * * * *' --workflow hello --data '{"n": 1}' --catch-up all
	sleep_through 20
	serve
	serve
	until_true succeeded 20
	until_true dealt_with
	[ "$(lexflow list --json | wc -l)" -le 22 ]
	! grep -q UNIQUE "$BATS_TEST_TMPDIR/log"
}

@test "a workflow that is not there is told, in the list and in the log" {
	lexflow schedule add gone --cron '* * * * *' --workflow nobody
	sleep_through 2
	serve
	told() { lexflow schedule list | grep -q 'not started: .*nobody'; }
	until_true told
	[ -z "$(lexflow list --json)" ]
}

@test "a paused one starts nothing; what is deleted is gone" {
	lexflow schedule add a --cron '* * * * *' --workflow hello
	lexflow schedule pause a
	[[ "$(lexflow schedule list)" == *"paused"* ]]
	[ "$(lexflow schedule list --json | jq -c '[.paused, .next]')" = '[true,null]' ]
	lexflow schedule resume a
	[ "$(lexflow schedule list --json | jq .paused)" = false ]
	lexflow schedule delete a
	[ -z "$(lexflow schedule list --json)" ]
	run -4 lexflow schedule delete a
	run -4 lexflow schedule pause a
}

@test "what cannot be a schedule is refused, with what it must look like" {
	run -2 --separate-stderr lexflow schedule add a --cron '0 25 * * *' --workflow hello
	[[ "$stderr" == *'hour "25"'*"0 to 23"* ]]
	run -2 --separate-stderr lexflow schedule add a --cron '0 0 31 2 *' --workflow hello
	[[ "$stderr" == *"never comes"* ]]
	run -2 lexflow schedule add a --cron '0 5 * * *' --time-zone Mars/Base --workflow hello
	run -2 lexflow schedule add a --cron '0 5 * * *'
	run -2 lexflow schedule add 'a b' --cron '0 5 * * *' --workflow hello
	run -2 lexflow schedule add a --cron '0 5 * * *' --workflow hello --data '{'
	run -2 lexflow schedule add a --cron '0 5 * * *' --workflow hello --catch-up some
	run -2 lexflow schedule frobnicate
	lexflow schedule add a --cron '0 5 * * *' --workflow hello
	run -2 --separate-stderr lexflow schedule add a --cron '0 6 * * *' --workflow hello
	[[ "$stderr" == *'there is a schedule "a"'* ]]
}
