#!/usr/bin/env bats
# Google's own command-line client against `lexflow serve`: what it sends is reference, section 9.6. Each call of it takes
# about a second, so a test makes several. Nothing here leaves the machine: its folder is the test's, its addresses are ours.
bats_require_minimum_version 1.5.0

setup() {
	command -v gcloud >/dev/null || skip "gcloud is not installed"
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
	export CLOUDSDK_CONFIG="$BATS_TEST_TMPDIR/gcloud" CLOUDSDK_CORE_DISABLE_PROMPTS=1
	export CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=true
	unset LEXFLOW_STATE LEXFLOW_TOKEN LEXFLOW_PORT LEXFLOW_HOST LEXFLOW_WORKFLOWS
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir gcloud
	cat >greet.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - out:
		        return: ${"hello " + args.name + sys.get_env("MARK")}
	END
	cat >wait.yaml <<-'END'
		- open:
		    call: events.create_callback_endpoint
		    result: cb
		- wait:
		    call: events.await_callback
		    args: ["${cb}", 3600]
	END
	printf -- '- bad:\n    raise: {code: 7, message: "no such luck"}\n' >fail.yaml
	: >err
	lexflow serve --port 0 2>>err 3>&- &
	server=$!
	for _ in $(seq 3000); do
		grep -q '^lexflow serves' err && break
		sleep 0.02
	done
	origin=$(sed -n 's/^lexflow serves //p' err)
	eval "$(lexflow env --port "${origin##*:}" --project shop)"
}

teardown() {
	if [ -n "${server:-}" ]; then
		kill -9 "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
	fi
}

# The place of a JSON answer that is asked for, as one word.
told() { # FILTER
	printf '%s' "$output" | jq -r "$1"
}

workflows() { # COMMAND...
	gcloud workflows "$@" --format=json
}

@test "gcloud workflows deploy, describe, list and delete" {
	run -0 --separate-stderr workflows deploy greet --source greet.yaml --set-env-vars MARK='!' --labels env=test
	[ "$(told .name)" = projects/shop/locations/us-central1/workflows/greet ]
	[ "$(told .state)" = ACTIVE ]
	[[ "$(told .revisionId)" =~ ^000001-[0-9a-f]{3}$ ]]
	run -0 --separate-stderr workflows deploy greet --source greet.yaml --description 'says hello' --update-env-vars MARK='?'
	[[ "$(told .revisionId)" =~ ^000002-[0-9a-f]{3}$ ]]
	run -0 --separate-stderr workflows describe greet
	[ "$(told '[.description, .userEnvVars.MARK, .labels.env] | join(" ")')" = 'says hello ? test' ]
	[ "$(told .sourceContents)" = "$(cat greet.yaml)" ]
	run -0 --separate-stderr gcloud workflows list
	[[ "${lines[0]}" =~ ^NAME\ +STATE\ +REVISION_ID\ +UPDATE_TIME$ ]]
	[[ "${lines[1]}" =~ ^projects/shop/locations/us-central1/workflows/greet\ +ACTIVE\ +000002-[0-9a-f]{3}\ + ]]
	[ "${#lines[@]}" = 2 ]
	run -0 --separate-stderr gcloud workflows delete greet --quiet
	run -0 --separate-stderr workflows list
	[ "$(told length)" = 0 ]
	run -1 --separate-stderr workflows describe greet
	[[ "$stderr" == *NOT_FOUND* ]]
}

@test "gcloud workflows deploy of a broken definition fails and says where" {
	printf 'main:\n  steps:\n    - a:\n        next: nowhere\n' >broken.yaml
	run -1 --separate-stderr gcloud workflows deploy broken --source broken.yaml
	[[ "$stderr" == *INVALID_ARGUMENT* && "$stderr" == *'failed to build: '*:4:*nowhere* ]]
	run -0 --separate-stderr workflows list
	[ "$(told length)" = 0 ]
}

@test "gcloud workflows run and execute, executions list, describe and describe-last" {
	workflows deploy greet --source greet.yaml --set-env-vars MARK='!'
	workflows deploy fail --source fail.yaml
	run -0 --separate-stderr workflows run greet --data '{"name": "Ada"}'
	[ "$(told '[.state, .result, .argument] | join(" ")')" = 'SUCCEEDED "hello Ada!" {"name": "Ada"}' ]
	run -0 --separate-stderr workflows executions list greet
	[ "$(told '[length, .[0].state, (.[0] | has("result"))] | join(" ")')" = '1 SUCCEEDED false' ]
	run -0 --separate-stderr workflows execute fail
	[ "$(told .state)" = ACTIVE ]
	id=$(told '.name | split("/") | last')
	run -0 --separate-stderr workflows executions wait "$id" --workflow fail
	[ "$(told '[.state, (.error.payload | fromjson | .message)] | join(" ")')" = 'FAILED no such luck' ]
	run -0 --separate-stderr workflows executions describe "$id" --workflow fail
	[ "$(told .error.stackTrace.elements[0].step)" = bad ]
	run -0 --separate-stderr workflows executions describe-last
	[ "$(told '.name | split("/") | last')" = "$id" ]
	run -0 --separate-stderr workflows run fail
	[ "$(told .state)" = FAILED ]
	run -1 --separate-stderr workflows run nobody
	[[ "$stderr" == *NOT_FOUND* ]]
}

@test "gcloud workflows executions cancel, wait and wait-last" {
	workflows deploy wait --source wait.yaml
	run -0 --separate-stderr workflows execute wait
	id=$(told '.name | split("/") | last')
	run -0 --separate-stderr workflows executions cancel "$id" --workflow wait
	run -0 --separate-stderr workflows executions wait "$id" --workflow wait
	[ "$(told .state)" = CANCELLED ]
	run -0 --separate-stderr workflows executions wait-last
	[ "$(told '[.state, (.name | split("/") | last)] | join(" ")')" = "CANCELLED $id" ]
	run -1 --separate-stderr workflows executions cancel "$id" --workflow wait
	[[ "$stderr" == *FAILED_PRECONDITION* ]]
}
