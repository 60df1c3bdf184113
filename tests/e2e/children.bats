#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# Runs that start runs (reference, 5.3 and 6.3): results, failures, where definitions come from, kills.
bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" NO_PROXY=127.0.0.1
	unset LEXFLOW_STATE LEXFLOW_WORKFLOWS
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir wf
	cat >wf/child.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - gated:
		        switch:
		          - condition: ${not(default(map.get(args, "gate"), false))}
		            next: maybe
		    - gate:
		        call: events.create_callback_endpoint
		        result: gate
		    - wait:
		        call: events.await_callback
		        args: ["${gate}", 600]
		    - maybe:
		        switch:
		          - condition: ${default(map.get(args, "fail"), false)}
		            raise: went wrong
		    - out:
		        return: ${args.n * 2}
	END
	cat >parent.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - run:
		        call: experimental.executions.run
		        args:
		          workflow_id: child
		          argument: ${args}
		        result: r
		    - out:
		        return: ${r}
	END
}

teardown() {
	for pid in ${runner:-} ${parent:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

runs() { lexflow list -n 0 --json | jq -s "$@"; }

# Start in the background and wait until the child stands at its gate; $child is its id.
begin() {
	lexflow "$@" >out 2>err 3>&- &
	runner=$!
	gate=
	for _ in $(seq 3000); do
		gate=$(sed -n 's/^callback POST \(http[^ ]*\) .*/\1/p' err | tail -1)
		[ -n "$gate" ] && break
		kill -0 "$runner" 2>/dev/null || break
		sleep 0.02
	done
	cat err
	[ -n "$gate" ]
	child=$(lexflow list -n 0 --json | command jq -r 'select(.startedBy) | .id')
}

open_gate() { [ "$(curl -s -o answer -w '%{http_code}' -X POST "$gate")" = 200 ]; }

killed() {
	kill -9 "$runner"
	wait "$runner" 2>/dev/null || true
	runner=
}

ended() {
	wait "$runner"
	runner=
}

@test "the result of another workflow" {
	run --separate-stderr lexflow run parent.yaml --workflows wf --data '{"n": 21}' --id p
	echo "$stderr"
	[ "$output" = 42 ]
	[ "$(runs -c 'map([.file, .state, .startedBy, .step])')" = \
		'[["wf/child.yaml","SUCCEEDED","p","main.run"],["parent.yaml","SUCCEEDED",null,null]]' ]
	child=$(runs -r '.[0].id')
	lexflow show "$child" | grep -q '^started by *p (main.run)'
	[ "$(lexflow show last --json | jq -r .id)" = p ]
}

@test "a failed one raises an OperationError that holds the execution" {
	run --separate-stderr lexflow run parent.yaml --workflows wf --data '{"n": 1, "fail": true}'
	echo "$stderr"
	[ "$status" -eq 1 ]
	error=$(printf '%s\n' "$stderr" | tail -1)
	[ "$(jq -r '.error.payload.message' <<<"$error")" = "Execution failed or cancelled." ]
	[ "$(jq -c '.error.payload | [.tags, .operation.state, .operation.error.payload]' <<<"$error")" = \
		'[["OperationError"],"FAILED","\"went wrong\""]' ]
	jq -r '.error.payload.operation.name' <<<"$error" |
		grep -Eq '^projects/[^/]+/locations/[^/]+/workflows/child/executions/[a-z0-9]+$'
	[ "$(runs -c 'map(.state)')" = '["FAILED","FAILED"]' ]
}

@test "an unknown workflow: the message says where to put it" {
	run --separate-stderr lexflow run parent.yaml --data '{"n": 1}'
	[ "$status" -eq 1 ]
	error=$(printf '%s\n' "$stderr" | tail -1)
	[ "$(jq -c '.error.payload | [.tags, .code]' <<<"$error")" = '[["HttpError"],404]' ]
	jq -r '.error.payload.message' <<<"$error" | grep -q -- '--workflows DIR'
	[ "$(runs length)" -eq 1 ]
}

@test "a name is no path" {
	cp wf/child.yaml secret.yaml
	sed 's|workflow_id: child|workflow_id: ../secret|' parent.yaml >escape.yaml
	run --separate-stderr lexflow run escape.yaml --workflows wf --data '{"n": 1}'
	[ "$status" -eq 1 ]
	[ "$(printf '%s\n' "$stderr" | tail -1 | jq '.error.payload.code')" = 400 ]
}

@test "a definition that was run before is known by its name, the newest of them" {
	lexflow run wf/child.yaml --quiet --data '{"n": 1}'
	sed 's/n \* 2/n * 3/' wf/child.yaml >child.yaml
	lexflow run child.yaml --quiet --data '{"n": 1}'
	[ "$(lexflow run parent.yaml --quiet --data '{"n": 5}')" = 15 ]
}

@test "a definition with a mistake fails the call, with its place" {
	printf -- '- a:\n    next: nowhere\n' >wf/child.yaml
	run --separate-stderr lexflow run parent.yaml --workflows wf --data '{}'
	[ "$status" -eq 1 ]
	printf '%s\n' "$stderr" | tail -1 | jq -r '.error.payload.message' | grep -q 'wf/child.yaml:2:11: '
}

@test "a child whose connectors have a broken document is an error, and leaves no run" {
	mkdir documents
	echo "{" >documents/shelf.v1.json
	printf -- '- ask:\n    call: googleapis.shelf.v1.projects.topics.list\n    args: {project: p}\n' >wf/child.yaml
	run --separate-stderr lexflow run parent.yaml --workflows wf --data '{}' --discovery documents
	[ "$status" -eq 1 ]
	printf '%s\n' "$stderr" | tail -1 | jq -r '.error.payload.message' | grep -q 'document of shelf v1'
	[ "$(runs -c 'map(.state)')" = '["FAILED"]' ]
}

@test "killed while a child runs, the parent goes on with the same child" {
	begin run parent.yaml --workflows wf --data '{"n": 4, "gate": true}' --id p
	first=$child
	killed
	[ "$(runs -c 'map(.state)')" = '["INTERRUPTED","INTERRUPTED"]' ]
	begin resume p
	[ "$child" = "$first" ]
	open_gate
	ended
	[ "$(cat out)" = 8 ]
	[ "$(runs -c 'map(.state)')" = '["SUCCEEDED","SUCCEEDED"]' ]
}

@test "killed between the end of the child and the answer: the child is not done again" {
	begin run parent.yaml --workflows wf --data '{"n": 4, "gate": true}' --id p
	killed
	begin resume "$child"
	open_gate
	ended
	[ "$(cat out)" = 8 ]
	run --separate-stderr timeout 120 lexflow resume p --workflows nowhere
	[ "$output" = 8 ]
	[ "$(runs length)" -eq 2 ]
}

@test "killed before three levels have their answers: each takes it from the one below" {
	cat >wf/parent.yaml <parent.yaml
	sed -e 's/workflow_id: child/workflow_id: parent/' -e 's/\${r}/${r + 1}/' parent.yaml >grandparent.yaml
	sed -i 's/- out:/- rest:\n        call: sys.sleep\n        args: [0.2]\n    - out:/' grandparent.yaml
	begin run grandparent.yaml --workflows wf --data '{"n": 4, "gate": true}' --id g
	child=$(lexflow list -n 0 --json | command jq -r 'select(.file == "wf/child.yaml") | .id')
	killed
	begin resume "$child"
	open_gate
	ended
	run --separate-stderr timeout 120 lexflow resume g --workflows nowhere
	echo "$stderr"
	[ "$output" = 9 ]
	[ "$(runs -c 'map(.state)')" = '["SUCCEEDED","SUCCEEDED","SUCCEEDED"]' ]
}

@test "a child that another process goes on with is waited for" {
	begin run parent.yaml --workflows wf --data '{"n": 4, "gate": true}' --id p
	killed
	begin resume "$child"
	lexflow resume p >parent.out 2>parent.err 3>&- &
	parent=$!
	for _ in $(seq 3000); do # until the parent has looked
		[ "$(runs -r '.[1].state')" = ACTIVE ] && break
		sleep 0.02
	done
	open_gate
	ended
	wait "$parent"
	cat parent.err
	[ "$(cat parent.out)" = 8 ]
	[ "$(runs length)" -eq 2 ]
}

@test "interrupted, both stay resumable" {
	begin run parent.yaml --workflows wf --data '{"n": 4, "gate": true}' --id p
	kill -INT "$runner"
	status=0
	wait "$runner" || status=$?
	runner=
	[ "$status" -eq 130 ]
	grep -q 'lexflow resume p' err
	begin resume last
	open_gate
	ended
	[ "$(cat out)" = 8 ]
	[ "$(runs length)" -eq 2 ]
}

@test "runs that start runs without end meet a limit" {
	cat >wf/child.yaml <<-'END'
		- again:
		    call: experimental.executions.run
		    args: {workflow_id: child, argument: null}
	END
	run --separate-stderr timeout 120 lexflow run wf/child.yaml --workflows wf
	[ "$status" -eq 1 ]
	[ "$(runs length)" -eq 21 ]
	lexflow show "$(runs -r '.[0].id')" | grep -q 'more than 20 levels of runs'
}

@test "a child has its own name and its parent's variables" {
	cat >wf/child.yaml <<-'END'
		- out:
		    return:
		      - ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_ID")}
		      - ${sys.get_env("GOOGLE_CLOUD_LOCATION")}
		      - ${sys.get_env("MINE")}
	END
	sed 's|workflow_id: child|&\n          location: europe-west1|' parent.yaml >located.yaml
	[ "$(lexflow run located.yaml --quiet --workflows wf --env MINE=yes | jq -c .)" = '["child","europe-west1","yes"]' ]
}

@test "a run that nobody waits for ends before lexflow does" {
	cat >create.yaml <<-'END'
		- create:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
		    args:
		      parent: projects/p/locations/l/workflows/child
		      body: {argument: '{"n": 3, "gate": true}'}
		    result: e
		- out:
		    return: ${e.state}
	END
	begin run create.yaml --workflows wf
	for _ in $(seq 3000); do
		grep -q 'waiting for 1 run it started' err && break
		sleep 0.02
	done
	grep -q 'waiting for 1 run it started' err
	open_gate
	ended
	[ "$(cat out)" = '"ACTIVE"' ]
	[ "$(runs -c 'map(.state)')" = '["SUCCEEDED","SUCCEEDED"]' ]
}

@test "interrupted while only the started run goes on: it stays resumable" {
	cat >create.yaml <<-'END'
		- create:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
		    args:
		      parent: projects/p/locations/l/workflows/child
		      body: {argument: '{"n": 3, "gate": true}'}
		    result: e
		- out:
		    return: ${e.state}
	END
	begin run create.yaml --workflows wf
	for _ in $(seq 3000); do
		grep -q 'waiting for 1 run it started' err && break
		sleep 0.02
	done
	kill -INT "$runner"
	ended
	[ "$(cat out)" = '"ACTIVE"' ]
	grep -q "lexflow resume $child" err
	begin resume "$child"
	open_gate
	ended
	[ "$(cat out)" = 6 ]
}

@test "create, get, cancel and list by the connector" {
	cat >all.yaml <<-'END'
		- create:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
		    args:
		      parent: projects/p/locations/l/workflows/child
		      body: {argument: '{"n": 3, "gate": true}'}
		    result: e
		- get:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get
		    args: {name: "${e.name}"}
		    result: g
		- stop:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.cancel
		    args: {name: "${e.name}"}
		    result: c
		- list:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.list
		    args: {parent: projects/p/locations/l/workflows/child}
		    result: l
		- gone:
		    try:
		      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get
		      args: {name: projects/p/locations/l/workflows/child/executions/nosuch}
		      result: n
		    except:
		      as: err
		      steps:
		        - keep:
		            assign: [{n: "${err.code}"}]
		- out:
		    return: ["${e.state}", "${g.state}", "${c.state}", "${len(l.executions)}", "${n}"]
	END
	run --separate-stderr timeout 120 lexflow run all.yaml --workflows wf
	echo "$stderr"
	[ "$output" = '["ACTIVE","ACTIVE","CANCELLED",1,404]' ]
	[ "$(runs -c 'map(.state)')" = '["CANCELLED","SUCCEEDED"]' ]
	run lexflow resume "$(runs -r '.[0].id')"
	[ "$status" -eq 2 ]
}
