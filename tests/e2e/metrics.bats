#!/usr/bin/env bats
# GET /metrics of lexflow serve: figures that follow what was asked of it.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE LEXFLOW_WORKFLOWS LEXFLOW_PORT LEXFLOW_TOKEN LEXFLOW_TOKEN_FILE
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	printf -- '- nap: {call: sys.sleep, args: {seconds: 0.01}}\n- done: {return: 1}\n' >hello.yaml
	printf -- '- open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: c}\n- wait: {call: events.await_callback, args: {callback: "${c}"}}\n' >waits.yaml
	printf -- '- bad: {raise: no}\n' >bad.yaml
}

teardown() {
	[ -z "${server:-}" ] || { kill -9 "$server" 2>/dev/null && wait "$server" || true; }
}

serve() {
	lexflow serve --port 0 --workflows . "$@" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
	server=$!
	for _ in $(seq 600); do
		url=$(sed -n 's/^lexflow serves //p' "$BATS_TEST_TMPDIR/log")
		[ -n "$url" ] && return
		sleep 0.05
	done
	return 1
}

begin() {
	curl -sf -m 10 -X POST "$url/v1/projects/p/locations/l/workflows/$1/executions" -d '{}' >/dev/null
}

# The value of a figure.
figure() {
	curl -sf -m 10 "$url/metrics" | grep -v '^#' | grep -F "$1 " | cut -d' ' -f2
}

comes_to() {
	for _ in $(seq 600); do
		[ "$(figure "$1")" = "$2" ] && return
		sleep 0.05
	done
	return 1
}

@test "runs by state, effects by kind, commits and memory are counted" {
	serve --concurrency 1
	[ "$(figure 'lexflow_executions_created_total')" = 0 ]
	begin hello
	comes_to 'lexflow_runs_ended_total{state="SUCCEEDED"}' 1
	begin bad
	comes_to 'lexflow_runs_ended_total{state="FAILED"}' 1
	begin waits
	comes_to 'lexflow_effects_total{kind="callback"}' 1
	begin hello
	comes_to 'lexflow_executions{state="QUEUED"}' 1
	[ "$(figure 'lexflow_executions{state="ACTIVE"}')" = 1 ]
	[ "$(figure 'lexflow_executions_created_total')" = 4 ]
	[ "$(figure 'lexflow_effects_total{kind="sleep"}')" = 1 ]
	[ "$(figure 'lexflow_effects_total{kind="http"}')" = 0 ]
	# 2 steps of hello and 1 of bad have ended
	[ "$(figure 'lexflow_steps_total')" = 3 ]
	[ "$(figure 'lexflow_resident_memory_bytes')" -gt 1000000 ]
	# each of the three begun executions waited for a commit
	[ "$(figure 'lexflow_journal_commit_seconds_count')" -ge 3 ]
	[ "$(figure 'lexflow_journal_commit_seconds_bucket{le="+Inf"}')" = "$(figure 'lexflow_journal_commit_seconds_count')" ]
}

@test "the text is what Prometheus reads: a type for each name, buckets that do not fall" {
	serve
	begin hello
	curl -sf -D head "$url/metrics" >body
	grep -qi '^content-type: text/plain; version=0.0.4' head
	sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' body | sort >typed
	grep -v '^#' body | sed 's/[{ ].*//; s/_bucket$//; s/_seconds_sum$/_seconds/; s/_seconds_count$/_seconds/' | sort -u >named
	diff typed named
	grep '_bucket' body | cut -d' ' -f2 >counts
	sort -n counts | diff - counts
}

@test "it is for whoever may ask anything else: not without the token" {
	printf 'a-secret-of-some-length\n' >token
	serve --token-file token
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$url/metrics")" = 401 ]
	curl -sf -H 'Authorization: Bearer a-secret-of-some-length' "$url/metrics" | grep -q lexflow_executions
}
