#!/usr/bin/env bats
# Google's client library for Node, by REST, against `lexflow serve`: node_client/drive.js says what it asks for. The
# library is fetched once from the npm registry into build/, and used from there afterwards.
bats_require_minimum_version 1.5.0

install_client() {
	local modules
	modules=$(dirname "$LEXFLOW_BIN")/node_client
	if [ ! -e "$modules/installed" ]; then
		mkdir -p "$modules"
		cp "$BATS_TEST_DIRNAME/node_client/package.json" "$modules"
		(cd "$modules" && timeout 300 npm install --silent --ignore-scripts --no-audit --no-fund 3>&- >npm.log 2>&1) ||
			skip "npm does not reach its registry, and the client is not in $modules"
		touch "$modules/installed"
	fi
	export NODE_PATH=$modules/node_modules
}

setup() {
	command -v npm >/dev/null || skip "npm is not installed"
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	install_client
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
	unset LEXFLOW_STATE LEXFLOW_TOKEN LEXFLOW_PORT LEXFLOW_HOST LEXFLOW_WORKFLOWS GOOGLE_APPLICATION_CREDENTIALS
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	if [ -n "${server:-}" ]; then
		kill -9 "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
	fi
}

@test "Google's Node client makes, changes, lists, runs, cancels and deletes" {
	lexflow serve --port 0 2>err 3>&- &
	server=$!
	for _ in $(seq 3000); do
		grep -q '^lexflow serves' err && break
		sleep 0.02
	done
	origin=$(sed -n 's/^lexflow serves //p' err)
	eval "$(lexflow env --port "${origin##*:}")"
	run -0 timeout 300 node "$BATS_TEST_DIRNAME/node_client/drive.js"
	[[ $output == *"ok workflowsAreDeleted"* ]]
}
