#!/usr/bin/env bats
# lexflow serve --watch: a complete file of a folder begins one execution. What must not begin is followed by a file that
# does, which is waited for: the two are looked at one after the other, so nothing here depends on a moment.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	export LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	unset LEXFLOW_WORKFLOWS LEXFLOW_PORT LEXFLOW_TOKEN
	mkdir "$BATS_TEST_TMPDIR/work" "$BATS_TEST_TMPDIR/in"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	in=$(realpath "$BATS_TEST_TMPDIR/in")
	printf 'main:\n  params: [e]\n  steps:\n    - r: {return: "${e.data}"}\n' >hello.yaml
}

teardown() {
	for pid in ${servers:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

serve() { # WORKFLOW
	lexflow serve --port 0 --workflows . --watch "$in=${1:-hello}" 2>>"$BATS_TEST_TMPDIR/log" 3>&- 4>&- &
	servers="${servers:-} $!"
}

stop() { # [SIGNAL]
	kill -"${1:-TERM}" "${servers##* }"
	wait "${servers##* }" || [ "${1:-TERM}" = KILL ]
	servers=${servers% *}
}

until_true() {
	for _ in $(seq 1200); do
		"$@" && return
		sleep 0.05
	done
	cat "$BATS_TEST_TMPDIR/log"
	return 1
}

# The names of the files whose executions have ended, in order.
ended() {
	for id in $(lexflow list --json 2>/dev/null | jq -r 'select(.state == "SUCCEEDED") | .id'); do
		lexflow show "$id" --json | jq -r .end.result.name
	done | sort | paste -sd' '
}

has_ended() {
	[ "$(ended)" = "$1" ]
}

noted() {
	[ "$(sqlite3 -cmd '.timeout 5000' "$LEXFLOW_STATE" 'SELECT count(*) FROM arrivals' 2>/dev/null)" = "$1" ]
}

# Into the folder by a rename, which completes it.
put() { # NAME TEXT
	printf '%s' "$2" >"$BATS_TEST_TMPDIR/outside"
	mv "$BATS_TEST_TMPDIR/outside" "$in/$1"
}

@test "a file that comes in begins an execution with the event of Cloud Storage" {
	printf 'main:\n  params: [e]\n  steps:\n    - r: {return: "${e}"}\n' >hello.yaml
	serve
	put 'a b.txt' twelve-bytes
	until_true noted 1
	id=$(lexflow list --json | jq -r .id)
	is_over() { [ "$(lexflow show "$id" --json | jq -r .state)" = SUCCEEDED ]; }
	until_true is_over
	lexflow show "$id" --json | jq .end.result >event
	[ "$(jq -r .id event)" = "$id" ]
	[ "$(jq -r '[.specversion, .type, .subject, .datacontenttype] | join(" ")' event)" = \
		"1.0 google.cloud.storage.object.v1.finalized objects/a b.txt application/json" ]
	[ "$(jq -r .source event)" = //storage.googleapis.com/projects/_/buckets/in ]
	[ "$(jq -r '[.data.bucket, .data.name, .data.size, .data.path] | join("|")' event)" = "in|a b.txt|12|$in/a b.txt" ]
	jq -r .data.timeCreated event | grep -Eq '^20[0-9-]+T[0-9:.]+Z$'
}

@test "a file that is being written is begun when its writer is done, once" {
	serve
	exec 4>"$in/slow.txt"
	printf 'one ' >&4
	put x.txt x
	until_true has_ended x.txt
	printf 'two' >&4
	put y.txt y
	until_true has_ended "x.txt y.txt"
	exec 4>&-
	until_true has_ended "slow.txt x.txt y.txt"
	for id in $(lexflow list --json | jq -r .id); do
		lexflow show "$id" --json | jq -r '.end.result | .name + " " + .size'
	done >sizes
	grep -qx 'slow.txt 7' sizes
}

@test "hidden and unfinished names, folders, links and pipes begin nothing" {
	mkdir "$in/folder"
	printf x >"$in/folder/inside.txt"
	ln -s /etc/passwd "$in/link.txt"
	mkfifo "$in/pipe.txt"
	printf x >"$in/.hidden"
	serve
	put .other x
	put a.tmp x
	put b.part x
	put last.txt x
	until_true has_ended last.txt
	[ "$(lexflow list --json | wc -l)" = 1 ]
	mv "$in/b.part" "$in/b.txt" # now it is finished
	until_true has_ended "b.txt last.txt"
}

@test "what was begun is not begun again: not by a restart, a kill, gc, or the same content once more" {
	put old.txt old # before there is a server
	serve
	put a.txt same
	until_true has_ended "a.txt old.txt"
	until_true noted 2
	stop KILL
	serve
	put a.txt same # the same name and content
	put b.txt same # another name
	until_true has_ended "a.txt b.txt old.txt"
	until_true noted 3
	stop
	lexflow gc --older-than 0s
	[ "$(lexflow list --json | wc -l)" = 0 ]
	serve
	put a.txt changed
	until_true has_ended a.txt
	[ "$(lexflow list --json | wc -l)" = 1 ]
}

@test "an execution that was not noted as begun is not begun again" {
	serve
	put a.txt a
	until_true has_ended a.txt
	until_true noted 1
	stop
	sqlite3 "$LEXFLOW_STATE" 'DELETE FROM arrivals'
	serve
	until_true noted 1
	[ "$(lexflow list --json | wc -l)" = 1 ]
}

@test "a workflow that is not known is told of, and the file is begun at the next start" {
	serve later
	put a.txt a
	until_true grep -q 'a.txt.*later' "$BATS_TEST_TMPDIR/log"
	stop
	cp hello.yaml later.yaml
	serve later
	until_true has_ended a.txt
}

@test "of two servers on one folder one begins executions; when it ends the other one does" {
	serve
	put a.txt a
	until_true has_ended a.txt
	first=$servers
	serve
	put b.txt b
	until_true has_ended "a.txt b.txt"
	kill -TERM "${first# }"
	wait "${first# }"
	put c.txt c
	until_true has_ended "a.txt b.txt c.txt"
	[ "$(lexflow list --json | wc -l)" = 3 ]
}

@test "what is no watch is refused" {
	run -2 lexflow serve --port 0 --watch "$in"
	[[ "$output" == *"DIR=WORKFLOW"* ]]
	run -2 lexflow serve --port 0 --watch "$in=Not An Id"
	run -4 lexflow serve --port 0 --watch /proc/nonexistent=hello
	run -2 lexflow serve --port 0 --watch "$in=hello" --watch "$in/../in=hello"
	[[ "$output" == *"given twice"* ]]
}
