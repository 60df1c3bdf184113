#!/usr/bin/env bats
# The REST API as a client sees it (reference, section 9): what is promised survives the server, which is killed here.
bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" NO_PROXY=127.0.0.1
	unset LEXFLOW_STATE LEXFLOW_TOKEN LEXFLOW_PORT LEXFLOW_HOST LEXFLOW_WORKFLOWS
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >sum.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - add:
		        assign:
		          - n: ${default(map.get(args, "n"), 1) + 1}
		    - out:
		        return: ${n}
	END
	cat >wait.yaml <<-'END'
		- open:
		    call: events.create_callback_endpoint
		    result: cb
		- wait:
		    call: events.await_callback
		    args: ["${cb}", 600]
		    result: got
		- out:
		    return: ${got.http_request.body}
	END
	cat >fail.yaml <<-'END'
		- bad:
		    raise: {code: 7, message: "no"}
	END
	port=0
}

# Every server ends well when it is asked to, whatever it was doing.
teardown() {
	[ -n "${server:-}" ] || return 0
	kill -TERM "$server" 2>/dev/null
	for _ in $(seq 3000); do
		kill -0 "$server" 2>/dev/null || break
		sleep 0.02
	done
	kill -9 "$server" 2>/dev/null
	wait "$server" || { cat err; return 1; }
}

# Wait until a file holds what is asked for.
until_says() { # FILE PATTERN
	for _ in $(seq 3000); do
		grep -q -- "$2" "$1" 2>/dev/null && return 0
		sleep 0.02
	done
	cat "$1"
	return 1
}

serve() {
	: >err
	lexflow serve --port "$port" "$@" 2>>err 3>&- &
	server=$!
	until_says err '^lexflow serves' || return 1
	origin=$(sed -n 's/^lexflow serves //p' err)
	port=${origin##*:}
	api=$origin/v1/projects/p/locations/us-central1
}

stop() { # [SIGNAL]
	kill -"${1:-TERM}" "$server"
	status=0
	wait "$server" || status=$?
	server=
}

call() { # METHOD PATH [BODY]: answers into `answer`, the status into $code
	code=$(curl -sS -o answer -w '%{http_code}' -X "$1" "$api$2" ${3+-d "$3"})
}

deploy() { # NAME FILE
	command jq -Rs '{sourceContents: .}' "$2" >body.json
	call POST "/workflows?workflowId=$1" @body.json
	[ "$code" = 200 ] || { cat answer; return 1; }
}

# Begin one; its id in $id.
begin() { # WORKFLOW [BODY]
	call POST "/workflows/$1/executions" "${2:-}"
	[ "$code" = 200 ] || { cat answer; return 1; }
	id=$(jq -r '.name | split("/") | last' answer)
}

# Until the execution is in this state; it is then in `answer`.
until_state() { # WORKFLOW ID STATE
	for _ in $(seq 3000); do
		call GET "/workflows/$1/executions/$2"
		[ "$(jq -r .state answer)" = "$3" ] && return 0
		sleep 0.02
	done
	cat answer
	return 1
}

# The address of the callback that an execution has opened.
callback_of() { # WORKFLOW ID
	for _ in $(seq 3000); do
		call GET "/workflows/$1/executions/$2/callbacks"
		name=$(command jq -r '.callbacks[0].name // empty' answer)
		[ -n "$name" ] && break
		sleep 0.02
	done
	url=$origin/v1/$name
	[ -n "$name" ]
}

refused() { # HTTP STATUS
	[ "$code" = "$1" ] && [ "$(jq -r .error.status answer)" = "$2" ] && [ "$(jq .error.code answer)" = "$1" ] ||
		{ echo "HTTP $code"; cat answer; return 1; }
}

@test "a workflow is created, executed, listed and deleted" {
	serve
	deploy sum sum.yaml
	jq -e '.done and .metadata.verb == "create" and .response.name == "projects/p/locations/us-central1/workflows/sum"' answer
	jq -e '.metadata["@type"] == "type.googleapis.com/google.cloud.workflows.v1.OperationMetadata"' answer
	operation=$(jq -r .name answer)
	call GET "/operations/${operation##*/}"
	jq -e --arg name "$operation" '.name == $name and .done' answer
	call GET /workflows/sum
	jq -e '.state == "ACTIVE" and (.revisionId | test("^000001-[0-9a-f]{3}$")) and (.sourceContents | length > 0)' answer
	begin sum '{"argument": "{\"n\": 41}", "labels": {"env": "test"}}'
	[[ $id =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
	jq -e '.state == "ACTIVE" and .createTime == .startTime' answer
	until_state sum "$id" SUCCEEDED
	jq -e '.result == "42" and .argument == "{\"n\": 41}" and .labels.env == "test" and (.duration | test("^[0-9.]+s$"))' answer
	call GET "/workflows/sum/executions"
	jq -e '(.executions | length) == 1 and (.executions[0] | has("argument") | not)' answer
	call DELETE /workflows/sum
	jq -e '.done and .metadata.verb == "delete"' answer
	call GET /workflows/sum
	refused 404 NOT_FOUND
	call GET "/workflows/sum/executions/$id"
	refused 404 NOT_FOUND
	stop
	[ "$status" = 0 ]
}

@test "a failed execution tells what was raised, and where" {
	serve
	deploy fail fail.yaml
	begin fail
	until_state fail "$id" FAILED
	jq -e '.error.payload | fromjson == {"code": 7, "message": "no"}' answer
	jq -e '.error.context | contains("in step \"bad\", routine \"main\", line: ")' answer
	jq -e '.error.stackTrace.elements[0] | .step == "bad" and .routine == "main" and (.position.line | type) == "string"' answer
	jq -e '.status.currentSteps == [{"routine": "main", "step": "bad"}]' answer
	[ "$(jq -r .argument answer)" = null ]
}

@test "a definition that does not compile is refused with its place" {
	serve
	printf 'main:\n  steps:\n    - a:\n        next: nowhere\n' >bad.yaml
	command jq -Rs '{sourceContents: .}' bad.yaml >body.json
	call POST "/workflows?workflowId=bad" @body.json
	refused 400 INVALID_ARGUMENT
	jq -e '.error.message | startswith("failed to build: ") and contains(":4:")' answer
	call GET /workflows/bad
	refused 404 NOT_FOUND
}

@test "what is wrong with a request has its documented code" {
	serve
	deploy sum sum.yaml
	command jq -Rs '{sourceContents: .}' sum.yaml >body.json
	call POST "/workflows?workflowId=sum" @body.json
	refused 409 ALREADY_EXISTS
	for name in 1sum sum- 'su%20m' ''; do
		call POST "/workflows?workflowId=$name" @body.json
		refused 400 INVALID_ARGUMENT
	done
	call POST /workflows/sum/executions '{"argument": "{"}'
	refused 400 INVALID_ARGUMENT
	call POST /workflows/sum/executions '{"surprise": 1}'
	refused 400 INVALID_ARGUMENT
	jq -e '.error.message | contains("Unknown name \"surprise\"")' answer
	call POST /workflows/sum/executions '{'
	refused 400 INVALID_ARGUMENT
	command jq -n '{argument: ([range(40000)] | tojson)}' >big.json
	call POST /workflows/sum/executions @big.json
	refused 400 INVALID_ARGUMENT
	call POST /workflows/nope/executions '{}'
	refused 404 NOT_FOUND
	call GET "/workflows/sum?revisionId=000009-abc"
	refused 404 NOT_FOUND
	call GET "/workflows/sum/executions?filter=nonsense%3D1"
	refused 400 INVALID_ARGUMENT
	call GET "/workflows/sum/executions?pageToken=abc"
	refused 400 INVALID_ARGUMENT
	call PATCH "/workflows/sum?updateMask=tags" '{"tags": {"a": "b"}}'
	refused 400 INVALID_ARGUMENT
	call DELETE /workflows/sum/executions
	refused 501 UNIMPLEMENTED
	call GET "/workflows/sum?surprise=1&%24alt=json%3Benum-encoding%3Dint"
	[ "$code" = 200 ]
	begin sum
	until_state sum "$id" SUCCEEDED
	call POST "/workflows/sum/executions/$id:cancel" '{}'
	refused 400 FAILED_PRECONDITION
}

@test "a patch makes a revision when what belongs to one changes, and only then" {
	serve
	deploy sum sum.yaml
	first=$(jq -r .response.revisionId answer)
	call PATCH "/workflows/sum?updateMask=description,labels" '{"description": "adds", "labels": {"a": "b"}}'
	jq -e --arg r "$first" '.response.revisionId == $r and .response.description == "adds"' answer
	call PATCH "/workflows/sum?updateMask=user_env_vars" '{"user_env_vars": {"K": "v"}}'
	jq -e '(.response.revisionId | startswith("000002-")) and .response.userEnvVars.K == "v"' answer
	sed 's/+ 1/+ 100/' sum.yaml | command jq -Rs '{sourceContents: .}' >body.json
	call PATCH "/workflows/sum?updateMask=sourceContents" @body.json
	jq -e '.response.revisionId | startswith("000003-")' answer
	begin sum '{"argument": "{\"n\": 1}"}'
	until_state sum "$id" SUCCEEDED
	jq -e '.result == "101" and (.workflowRevisionId | startswith("000003-"))' answer
	call GET "/workflows/sum:listRevisions?pageSize=2"
	jq -e '[.workflows[].revisionId[0:6]] == ["000003", "000002"]' answer
	call GET "/workflows/sum:listRevisions?pageSize=2&pageToken=$(jq -r .nextPageToken answer)"
	jq -e '[.workflows[].revisionId[0:6]] == ["000001"] and (has("nextPageToken") | not)' answer
	call GET "/workflows/sum?revisionId=$first"
	jq -e --arg r "$first" '.revisionId == $r and .description == "adds" and (.sourceContents | contains("+ 1}"))' answer
}

@test "pages, orders and filters of executions" {
	serve
	deploy sum sum.yaml
	for n in 1 2 3 4 5; do
		begin sum "{\"argument\": \"{\\\"n\\\": $n}\", \"labels\": {\"n\": \"n$n\"}}"
		until_state sum "$id" SUCCEEDED
	done
	call GET "/workflows/sum/executions?pageSize=2&view=FULL"
	jq -e '[.executions[].result] == ["6", "5"]' answer
	token=$(jq -r .nextPageToken answer)
	call GET "/workflows/sum/executions?pageSize=2&view=BASIC&pageToken=$token"
	refused 400 INVALID_ARGUMENT
	call GET "/workflows/sum/executions?pageSize=2&view=FULL&pageToken=$token"
	jq -e '[.executions[].result] == ["4", "3"]' answer
	call GET "/workflows/sum/executions?view=FULL&orderBy=createTime"
	jq -e '[.executions[].result] == ["2", "3", "4", "5", "6"]' answer
	call GET "/workflows/sum/executions?view=FULL&orderBy=create_time&pageSize=3"
	call GET "/workflows/sum/executions?view=FULL&orderBy=create_time&pageSize=3&pageToken=$(jq -r .nextPageToken answer)"
	jq -e '[.executions[].result] == ["5", "6"]' answer
	curl -sSG -o answer "$api/workflows/sum/executions" --data-urlencode 'filter=labels.n="n2" OR label.n="n4"' -d view=FULL
	jq -e '[.executions[].result] == ["5", "3"]' answer
	curl -sSG -o answer "$api/workflows/sum/executions" --data-urlencode 'filter=state="SUCCEEDED" AND NOT labels.n="n2" AND createTime>"2020-01-01"'
	jq -e '.executions | length == 4' answer
	curl -sSG -o answer "$api/workflows/sum/executions" --data-urlencode 'filter=state="ACTIVE"'
	jq -e '. == {}' answer
	call GET "/workflows/sum/executions/$id:exportData"
	jq -e '.data | fromjson | .execution.result == "6" and (.sourceContents | length > 0)' answer
	call GET "/workflows/sum/executions?pageSize=1&fields=executions(state)"
	jq -e '. == {"executions": [{"state": "SUCCEEDED"}]}' answer
}

@test "an execution that waits is cancelled" {
	serve
	deploy wait wait.yaml
	begin wait
	callback_of wait "$id"
	call GET "/workflows/wait/executions/$id"
	jq -e '.state == "ACTIVE" and .status.currentSteps == [{"routine": "main", "step": "wait"}]' answer
	call POST "/workflows/wait/executions/$id:cancel" '{}'
	jq -e '.state == "CANCELLED" and has("endTime")' answer
	call POST "/workflows/wait/executions/$id:cancel" '{}'
	refused 400 FAILED_PRECONDITION
}

@test "a killed server goes on where it was: executions, callbacks, those that wait their turn" {
	serve --concurrency 1
	deploy wait wait.yaml
	begin wait
	first=$id
	begin wait
	second=$id
	[ "$(jq -r .state answer)" = QUEUED ]
	jq -e 'has("startTime") | not' answer
	call POST /workflows/wait/executions '{"disableConcurrencyQuotaOverflowBuffering": true}'
	refused 429 RESOURCE_EXHAUSTED
	callback_of wait "$first"
	stop KILL
	serve --concurrency 1
	call GET "/workflows/wait/executions/$second"
	[ "$(jq -r .state answer)" = QUEUED ]
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "$url" -H 'Content-Type: application/json' -d '{"ok": 1}')" = 200 ]
	until_state wait "$first" SUCCEEDED
	jq -e '.result | fromjson == {"ok": 1}' answer
	callback_of wait "$second"
	stop TERM
	[ "$status" = 0 ]
	serve --concurrency 1
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "$url" -d '"again"' -H 'Content-Type: application/json')" = 200 ]
	until_state wait "$second" SUCCEEDED
	[ "$(jq -r .result answer)" = '"again"' ]
}

@test "what an execution starts is an execution of its workflow" {
	serve
	deploy sum sum.yaml
	cat >parent.yaml <<-'END'
		- ask:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
		    args: {workflow_id: sum, argument: {n: 6}}
		    result: r
		- out: {return: "${r}"}
	END
	deploy parent parent.yaml
	begin parent
	until_state parent "$id" SUCCEEDED
	[ "$(jq -r .result answer)" = 7 ]
	call GET "/workflows/sum/executions?view=FULL"
	jq -e '[.executions[] | .state, .argument, .result] == ["SUCCEEDED", "{\"n\":6}", "7"]' answer
	call GET "/workflows/sum/executions/$(jq -r '.executions[0].name | split("/") | last' answer)"
	[ "$code" = 200 ]
}

@test "what was acknowledged is there after a kill at that moment" {
	serve
	deploy sum sum.yaml
	for n in 1 2 3 4 5; do
		begin sum "{\"argument\": \"{\\\"n\\\": $n}\"}"
		ids="${ids:-} $id"
	done
	stop KILL
	serve
	n=2
	for id in $ids; do
		until_state sum "$id" SUCCEEDED
		[ "$(jq -r .result answer)" = "$n" ]
		n=$((n + 1))
	done
}

@test "lexflow callback answers the callback that is waited for" {
	serve
	cat >two.yaml <<-'END'
		- other:
		    call: events.create_callback_endpoint
		    result: other
		- open:
		    call: events.create_callback_endpoint
		    args: {http_callback_method: PUT}
		    result: cb
		- wait:
		    call: events.await_callback
		    args: ["${cb}", 600]
		    result: got
		- out:
		    return: ["${got.http_request.method}", "${got.http_request.body}"]
	END
	deploy two two.yaml
	begin two
	callback_of two "$id"
	call GET "/workflows/two/executions/$id/callbacks"
	jq -e '[.callbacks[].method] | sort == ["POST", "PUT"]' answer
	run -4 lexflow callback "$id" --callback nowhere
	lexflow callback "$id" --data '{"ok": true}'
	until_state two "$id" SUCCEEDED
	jq -e '.result | fromjson == ["PUT", {"ok": true}]' answer
	run -2 lexflow callback "$id" --data 1
	[[ $output == *"has ended (SUCCEEDED)"* ]]
}

@test "definitions of a folder are workflows: a save makes a revision, a broken one leaves the last good one" {
	mkdir flows
	cp sum.yaml flows/sum.yaml
	printf 'not: [a, definition\n' >flows/broken.yaml
	printf 'x\n' >flows/not_a_definition.txt
	serve --workflows flows
	until_says err 'flows/broken.yaml'
	call GET /workflows
	jq -e '[.workflows[].name] == ["projects/p/locations/us-central1/workflows/sum"]' answer
	begin sum '{"argument": "{\"n\": 1}"}'
	until_state sum "$id" SUCCEEDED
	sed 's/+ 1/+ 10/' sum.yaml >flows/sum.yaml
	until_says err 'revision 000002-'
	begin sum '{"argument": "{\"n\": 1}"}'
	until_state sum "$id" SUCCEEDED
	[ "$(jq -r .result answer)" = 11 ]
	printf -- '- a:\n    next: nowhere\n' >flows/sum.yaml
	until_says err 'sum.yaml.*last good revision stays'
	begin sum '{"argument": "{\"n\": 2}"}'
	until_state sum "$id" SUCCEEDED
	[ "$(jq -r .result answer)" = 12 ]
	call PATCH "/workflows/sum?updateMask=description" '{"description": "x"}'
	refused 400 FAILED_PRECONDITION
	sed 's/+ 1/+ 20/' sum.yaml >flows/.new && mv flows/.new flows/sum.yaml # as editors save
	until_says err 'revision 000003-'
}

@test "step entries tell what was entered, in which order, and how it ended" {
	serve
	cat >steps.yaml <<-'END'
		main:
		  steps:
		    - init:
		        assign: [{n: 0}]
		    - each:
		        for:
		          value: v
		          in: [5, 6]
		          steps:
		            - add:
		                assign: [{n: "${n + v}"}]
		    - risky:
		        try:
		          steps:
		            - call_it: {call: sub, result: q}
		        except:
		          as: e
		          steps:
		            - handle: {assign: [{m: "${e}"}]}
		    - both:
		        parallel:
		          branches:
		            - left:
		                steps:
		                  - l1: {assign: [{a: 1}]}
		            - right:
		                steps:
		                  - r1: {assign: [{b: 2}]}
		    - done: {return: "${n}"}
		sub:
		  steps:
		    - bad: {raise: "oops"}
	END
	deploy steps steps.yaml
	begin steps '{"executionHistoryLevel": "EXECUTION_HISTORY_DETAILED"}'
	until_state steps "$id" SUCCEEDED
	call GET "/workflows/steps/executions/$id/stepEntries"
	command jq -r '.stepEntries[] | [.entryId, .stepType, .routine, .step, .state, .navigationInfo.parent // "-"] | join(" ")' answer >have
	cat >want <<-'END'
		1 STEP_ASSIGN main init STATE_SUCCEEDED -
		2 STEP_FOR main each STATE_SUCCEEDED -
		3 STEP_FOR_ITERATION main each STATE_SUCCEEDED 2
		4 STEP_ASSIGN main add STATE_SUCCEEDED 3
		5 STEP_FOR_ITERATION main each STATE_SUCCEEDED 2
		6 STEP_ASSIGN main add STATE_SUCCEEDED 5
		7 STEP_TRY_RETRY_EXCEPT main risky STATE_SUCCEEDED -
		8 STEP_TRY main risky STATE_FAILED 7
		9 STEP_SUBWORKFLOW_CALL main call_it STATE_FAILED 8
		10 STEP_RAISE sub bad STATE_FAILED 9
		11 STEP_EXCEPT main risky STATE_SUCCEEDED 7
		12 STEP_ASSIGN main handle STATE_SUCCEEDED 11
		13 STEP_PARALLEL_BRANCH main both STATE_SUCCEEDED -
		14 STEP_PARALLEL_BRANCH_ENTRY main left STATE_SUCCEEDED 13
		15 STEP_ASSIGN main l1 STATE_SUCCEEDED 14
		16 STEP_PARALLEL_BRANCH_ENTRY main right STATE_SUCCEEDED 13
		17 STEP_ASSIGN main r1 STATE_SUCCEEDED 16
		18 STEP_RETURN main done STATE_SUCCEEDED -
	END
	diff want have
	jq -e '.totalSize == 18' answer
	jq -e '.stepEntries[1].navigationInfo == {"previous": "1", "next": "7", "children": ["3", "5"]}' answer
	jq -e '[.stepEntries[2, 4].variableData.variables] == [{"n": 5, "v": 5}, {"n": 11, "v": 6}]' answer
	jq -e '[.stepEntries[2, 4].stepEntryMetadata | .progressNumber, .progressType] == ["1", "PROGRESS_TYPE_FOR", "2", "PROGRESS_TYPE_FOR"]' answer
	jq -e '.stepEntries[8].exception.payload == "\"oops\""' answer
	jq -e '[.stepEntries[0, 14, 16].stepEntryMetadata.threadId] == ["1", "2", "3"]' answer
	call GET "/workflows/steps/executions/$id/stepEntries/12"
	jq -e '.entryId == "12" and .step == "handle"' answer
	call GET "/workflows/steps/executions/$id/stepEntries/19"
	refused 404 NOT_FOUND
	call GET "/workflows/steps/executions/$id/stepEntries?pageSize=2&skip=3"
	jq -e '[.stepEntries[].entryId] == ["4", "5"] and .totalSize == 18' answer
	call GET "/workflows/steps/executions/$id/stepEntries?pageSize=2&skip=3&pageToken=$(jq -r .nextPageToken answer)"
	jq -e '[.stepEntries[].entryId] == ["9", "10"]' answer
	curl -sSG -o answer "$api/workflows/steps/executions/$id/stepEntries" --data-urlencode 'filter=state="STATE_FAILED" AND entryId>8' --data-urlencode 'orderBy=entryId desc'
	jq -e '[.stepEntries[].entryId] == ["10", "9"] and .totalSize == 2' answer
	call POST "/workflows/steps/executions/$id:deleteExecutionHistory" '{}'
	jq -e '. == {}' answer
	call GET "/workflows/steps/executions/$id/stepEntries"
	jq -e '. == {}' answer
	deploy wait wait.yaml
	begin wait
	callback_of wait "$id"
	call GET "/workflows/wait/executions/$id/stepEntries"
	jq -e '[.stepEntries[].state] == ["STATE_SUCCEEDED", "STATE_IN_PROGRESS"] and (.stepEntries[1] | has("variableData") | not)' answer
	call POST "/workflows/wait/executions/$id:deleteExecutionHistory" '{}'
	refused 400 FAILED_PRECONDITION
	call POST "/workflows/wait/executions/$id:cancel" '{}'
	call GET "/workflows/wait/executions/$id/stepEntries"
	jq -e '[.stepEntries[].state] == ["STATE_SUCCEEDED", "STATE_CANCELLED"]' answer
}

@test "a message of Pub/Sub is an execution with its CloudEvent" {
	serve
	printf 'main:\n  params: [event]\n  steps:\n    - out:\n        return: ${[event.type, event.source, text.decode(base64.decode(event.data.message.data))]}\n' >event.yaml
	deploy event event.yaml
	call POST /workflows/event:triggerPubsubExecution '{"GCPCloudEventsMode": "CUSTOM_PUBSUB_projects/p/topics/t",
		"message": {"data": "aGVsbG8=", "messageId": "1", "publishTime": "2024-01-01T00:00:00Z"},
		"subscription": "projects/p/subscriptions/s", "deliveryAttempt": 5}'
	[ "$code" = 200 ]
	id=$(jq -r '.name | split("/") | last' answer)
	until_state event "$id" SUCCEEDED
	jq -e '.result | fromjson == ["google.cloud.pubsub.topic.v1.messagePublished",
		"//pubsub.googleapis.com/projects/p/topics/t", "hello"]' answer
	call POST /workflows/event:triggerPubsubExecution '{"message": {}}'
	refused 400 INVALID_ARGUMENT
}

@test "pages of other sites, other host names, and whoever has no token are refused" {
	serve
	code=$(curl -sS -o answer -w '%{http_code}' "$api/workflows" -H 'Origin: https://evil.example')
	refused 403 PERMISSION_DENIED
	code=$(curl -sS -o answer -w '%{http_code}' "$api/workflows" -H 'Host: evil.example')
	refused 403 PERMISSION_DENIED
	code=$(curl -sS -o answer -w '%{http_code}' "$api/workflows" -H "Origin: $origin")
	[ "$code" = 200 ]
	[ "$(curl -sS "$origin/healthz")" = '{"status": "ok"}' ]
	stop
	run -2 lexflow serve --host 0.0.0.0 --port 0
	[[ $output == *--token-file* ]]
	printf 'short\n' >token
	run -2 lexflow serve --host 0.0.0.0 --port 0 --token-file token
	printf 'a-token-of-some-length\n' >token
	port=0
	serve --token-file token
	call GET /workflows
	refused 401 UNAUTHENTICATED
	code=$(curl -sS -o answer -w '%{http_code}' "$api/workflows" -H 'Authorization: Bearer a-token-of-some-lengtH')
	refused 401 UNAUTHENTICATED
	code=$(curl -sS -o answer -w '%{http_code}' "$api/workflows" -H 'Authorization: Bearer a-token-of-some-length')
	[ "$code" = 200 ]
}
