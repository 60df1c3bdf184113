#!/usr/bin/env bats
# Each method of the two APIs, as request and answer in api/*.http; api/play.py says how such a file is written.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" PYTHONDONTWRITEBYTECODE=1
	unset LEXFLOW_STATE LEXFLOW_TOKEN LEXFLOW_PORT LEXFLOW_HOST LEXFLOW_WORKFLOWS
	cd "$BATS_TEST_TMPDIR" || return 1
	lexflow serve --port 0 2>err 3>&- &
	server=$!
	for _ in $(seq 3000); do
		grep -q '^lexflow serves' err && break
		sleep 0.02
	done
	origin=$(sed -n 's/^lexflow serves //p' err)
}

teardown() {
	if [ -n "${server:-}" ]; then
		kill -9 "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
	fi
}

play() { # FILE
	run -0 python3 "$BATS_TEST_DIRNAME/api/play.py" "$origin" "$BATS_TEST_DIRNAME/api/$1"
}

@test "the methods of Workflows answer as its reference says" {
	play workflows.http
}

@test "the methods of Workflow Executions answer as its reference says" {
	play executions.http
}
