#!/usr/bin/env bats
# Call logs (reference, 11.7): which lines a level gives, what is in them.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" NO_PROXY=127.0.0.1
	unset LEXFLOW_STATE LEXFLOW_TOKEN LEXFLOW_PORT LEXFLOW_HOST LEXFLOW_WORKFLOWS LEXFLOW_LOG
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >calls.yaml <<-'END'
		main:
		  steps:
		    - outer:
		        call: inner
		        args: {a: 1, h: {authorization: "Bearer xyz", x: y}}
		        result: r
		    - caught:
		        try:
		          call: http.get
		          args: {url: "http://127.0.0.1:1/x", headers: {Authorization: "Bearer xyz"}}
		        except:
		          as: e
		          steps: [{on: {assign: [{code: 1}]}}]
		    - out:
		        return: ${r}
		inner:
		  params: [a, h]
		  steps:
		    - deep:
		        call: text.to_upper
		        args: ["abc"]
		        result: u
		    - back:
		        return: '${u + string(a) + text.to_lower("X")}'
	END
}

# "STEP STATE" of each line of the call log.
calls() { # FILE
	grep -a 'EngineCallLog"' "$1" | jq -r '.step + " " + .state'
}

teardown() {
	[ -z "${server:-}" ] || { kill -9 "$server" 2>/dev/null && wait "$server" || true; }
}

@test "all: each call step begins and ends, nested ones in between; calls in expressions are none" {
	lexflow run calls.yaml --call-log all 2>err
	run calls err
	[ "$output" = "outer BEGUN
deep BEGUN
deep SUCCEEDED
outer SUCCEEDED
caught BEGUN
caught EXCEPTION_RAISED
caught EXCEPTION_HANDLED" ]
	grep -a 'EngineCallLog"' err >lines
	[ "$(jq -sc '[.[0].begun, .[1].begun]' lines)" = \
		'[{"namedArgs":{"a":1,"h":{"authorization":"[redacted]","x":"y"}}},{"args":[{"argument":"abc"}]}]' ]
	[ "$(jq -sr '.[3].succeeded.response' lines)" = '"ABC1x"' ]
	[ "$(jq -sr '.[5].severity + " " + .[5].callee + " " + .[5].exceptionRaised.origin' lines)" = "ERROR http.get caught" ]
	[ "$(jq -sr '[.[] | .executionId == .["logging.googleapis.com/labels"]["workflows.googleapis.com/execution_id"]] | all' lines)" = true ]
	run ! grep -q xyz err
}

@test "errors: exceptions alone, also caught ones; none: nothing" {
	lexflow run calls.yaml --call-log errors 2>err
	[ "$(calls err)" = "caught EXCEPTION_RAISED
caught EXCEPTION_HANDLED" ]
	lexflow run calls.yaml --call-log LOG_NONE 2>err
	run ! grep -q EngineCallLog err
	lexflow run calls.yaml 2>err
	run ! grep -q EngineCallLog err
	run -2 lexflow run calls.yaml --call-log some
}

@test "an error that leaves a routine is raised from the call of that routine, too; its origin stays" {
	cat >raise.yaml <<-'END'
		main:
		  steps:
		    - call_it:
		        call: inner
		inner:
		  steps:
		    - bad:
		        raise: "no"
	END
	run -1 --separate-stderr lexflow run raise.yaml --call-log errors
	printf '%s\n' "$stderr" >err
	[ "$(calls err)" = "call_it EXCEPTION_RAISED" ]
	[ "$(grep -a 'EngineCallLog"' err | jq -r .exceptionRaised.origin)" = bad ]
}

@test "a connector's call is logged once, whatever it does inside; a secret is masked" {
	printf 'open sesame' >secret
	cat >secret.yaml <<-'END'
		- read:
		    call: googleapis.secretmanager.v1.projects.secrets.versions.accessString
		    args: {secret_id: door, project_id: p}
		    result: s
		- use:
		    call: text.to_upper
		    args: ["${s}"]
		- out:
		    return: done
	END
	lexflow run secret.yaml --secret door=secret --call-log all 2>err
	[ "$(calls err)" = "read BEGUN
read SUCCEEDED
use BEGUN
use SUCCEEDED" ]
	grep -a 'EngineCallLog"' err | jq -s '.[0].begun.namedArgs' | grep -q door
	run ! grep -q 'open sesame' err
}

@test "executions of a server: their own level wins, start and end are told, and a restart tells nothing again" {
	mkdir flows
	cat >flows/asks.yaml <<-'END'
		- open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: c}
		- wait: {call: events.await_callback, args: ["${c}", 3600], result: r}
	END
	serve() {
		lexflow serve --port "${1:-0}" --workflows flows --log json 2>>log 3>&- &
		server=$!
		for _ in $(seq 600); do
			url=$(sed -n 's/^lexflow serves //p' log | tail -n 1)
			[ -n "$url" ] && curl -sf "$url/healthz" >/dev/null && return
			sleep 0.05
		done
		return 1
	}
	begin() {
		curl -sf -X POST "$url/v1/projects/p/locations/l/workflows/asks/executions" -d "$1" | jq -r '.name | split("/") | last'
	}
	until_true() {
		for _ in $(seq 600); do
			"$@" && return
			sleep 0.05
		done
		return 1
	}
	calls_of() { grep '^{' log | jq -c "select(.executionId == \"$1\") | [.step, .state]"; }
	serve
	silent=$(begin '{"callLogLevel": "LOG_NONE"}')
	told=$(begin '{"callLogLevel": "LOG_ALL_CALLS"}')
	waits() { [ "$(calls_of "$told" | tail -n 1)" = '["wait","BEGUN"]' ]; }
	until_true waits
	[ "$(calls_of "$told" | tr '\n' ' ')" = '["open","BEGUN"] ["open","SUCCEEDED"] ["wait","BEGUN"] ' ]
	kill -9 "$server"
	wait "$server" || true
	serve "${url##*:}"
	lexflow callback "$told"
	ends() { [ "$(calls_of "$told" | tail -n 1)" = '["wait","SUCCEEDED"]' ]; }
	until_true ends
	[ "$(calls_of "$told" | wc -l)" -eq 4 ]
	[ -z "$(calls_of "$silent")" ]
	states() { grep '^{' log | jq -r "select(.[\"@type\"] | . != null and contains(\"ExecutionsSystemLog\")) | select(.[\"logging.googleapis.com/labels\"][\"workflows.googleapis.com/execution_id\"] == \"$1\") | .state" | tr '\n' ' '; }
	told_end() { [ "$(states "$told")" = 'ACTIVE SUCCEEDED ' ]; }
	until_true told_end
	[ "$(states "$silent")" = 'ACTIVE ' ]
	kill -TERM "$server"
	wait "$server"
}
