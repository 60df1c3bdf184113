#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # the $ in single quotes are those of definitions; $stderr is set by run
# Connectors: calls by discovery documents, long-running operations, secrets, runs of other definitions.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	cd "$BATS_TEST_TMPDIR" || return 1
	documents=$BATS_TEST_DIRNAME/connectors
	url= server=
}

teardown() {
	if [ -n "${runner:-}" ]; then kill -9 "$runner" 2>/dev/null && wait "$runner" || true; fi
	if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
}

serve() { # the service of connectors/server.py, at $url
	: >requests
	python3 "$documents/server.py" port requests 3>&- &
	server=$!
	for _ in $(seq 1200); do
		[ -s port ] && break
		sleep 0.05
	done
	url=http://127.0.0.1:$(cat port)
}

call() { # a definition of one call: METHOD, then its arguments as YAML in flow style
	printf -- '- ask:\n    call: googleapis.%s\n    args: %s\n    result: r\n- out:\n    return: ${r}\n' "$1" "$2" >call.yaml
}

perform() {
	run --separate-stderr lexflow run call.yaml --discovery "$documents" --base-url "shelf=$url" \
		--base-url "bigquery=$url" "$@"
	echo "$output"
	echo "$stderr"
}

requests() { # one line "METHOD URL" each
	jq -r '"\(.method) \(.url)"' requests
}

payload() { # member $1 of the raised value
	tail -n 1 <<<"$stderr" | jq -c ".error.payload$1"
}

@test "a call is the request that its discovery document describes, and gives the body of the answer" {
	serve
	call shelf.v1.projects.topics.publish '{topic: projects/p/topics/t, body: {messages: [{data: aGk=}]}}'
	perform
	[ "$status" -eq 0 ]
	[ "$output" = '{"got":{"messages":[{"data":"aGk="}]},"messageIds":["1"]}' ]
	[ "$(requests)" = "POST /v1/projects/p/topics/t:publish" ]
	[ "$(jq -r '.authorization | split(" ")[0]' requests)" = Bearer ]
}

@test "query parameters are encoded, a list repeats one, {name} is encoded and {+name} keeps its slashes" {
	serve
	call shelf.v1.projects.topics.list '{project: "projects/a b", pageSize: 2, labels: ["x", "y&z"]}'
	perform
	[ "$(requests)" = "GET /v1/projects/a%20b/topics?labels=x&labels=y%26z&pageSize=2" ]
	: >requests
	call shelf.v1.projects.books.print '{projectId: p, book: "a/b c", connector_params: {skip_polling: true}}'
	perform
	[ "$(requests)" = "POST /v1/projects/p/books/a%2Fb%20c:print" ]
}

@test "an operation is polled until it is done; a failed poll is repeated" {
	serve
	call shelf.v1.projects.books.print \
		'{projectId: p, book: novel, connector_params: {polling_policy: {initial_delay: 0.05, max_delay: 0.1}}}'
	perform --id novel
	[ "$status" -eq 0 ]
	[ "$output" = '{"done":true,"name":"operations/novel","response":{"pages":300}}' ]
	# two polls: the second was answered by 503 once and asked again
	[ "$(requests)" = "POST /v1/projects/p/books/novel:print
GET /v1/operations/novel
GET /v1/operations/novel
GET /v1/operations/novel" ]
}

@test "a job of BigQuery is polled by its reference" {
	serve
	call bigquery.v2.jobs.insert '{projectId: p, body: {}, connector_params: {polling_policy: {initial_delay: 0.05}}}'
	perform
	[ "$(jq -r .status.state <<<"$output")" = DONE ]
	[ "$(requests | tail -n 1)" = "GET /bigquery/v2/projects/p/jobs/j1?location=US" ]
}

@test "skip_polling gives the operation at once" {
	serve
	call shelf.v1.projects.books.print '{projectId: p, book: novel, connector_params: {skip_polling: true}}'
	perform
	[ "$output" = '{"done":false,"name":"operations/novel"}' ]
	[ "$(requests | wc -l)" -eq 1 ]
}

@test "an operation that fails is an OperationError at the step that called it" {
	serve
	call shelf.v1.projects.books.print '{projectId: p, book: torn, connector_params: {polling_policy: {initial_delay: 0.05}}}'
	perform
	[ "$status" -eq 1 ]
	[ "$(payload .tags)" = '["OperationError"]' ]
	[ "$(payload .error)" = '{"code":13,"message":"out of paper"}' ]
	[ "$(payload .operation.name)" = '"operations/torn"' ]
	[ "$(tail -n 1 <<<"$stderr" | jq -c '.error.stackTrace.elements | map([.routine, .step, .position.line])')" = \
		'[["main","ask","2"]]' ]
}

@test "a response that is no operation is a ResponseTypeError" {
	serve
	call shelf.v1.projects.books.print '{projectId: p, book: nameless}'
	perform
	[ "$(payload .tags)" = '["ResponseTypeError"]' ]
	[ "$(payload .message)" = '"Long-running operation returned unexpected response."' ]
	[ "$(payload .operation)" = '{"metadata":{}}' ]
}

@test "the timeout is that of the whole call" {
	serve
	call shelf.v1.projects.books.print \
		'{projectId: p, book: endless, connector_params: {timeout: 0.5, polling_policy: {initial_delay: 0.2, multiplier: 1}}}'
	perform
	[ "$status" -eq 1 ]
	[ "$(payload .tags)" = '["TimeoutError"]' ]
	[ "$(requests | tail -n 1)" = "GET /v1/operations/endless" ]
}

@test "a timeout beyond the documented maximum is a ValueError, and nothing is sent" {
	serve
	call shelf.v1.projects.topics.publish '{topic: projects/p/topics/t, connector_params: {timeout: 1801}}'
	perform
	[ "$(payload .tags)" = '["ValueError"]' ]
	[ "$(requests)" = "" ]
	# one year for what is long-running
	call shelf.v1.projects.books.print '{projectId: p, book: novel, connector_params: {timeout: 31536000, skip_polling: true}}'
	perform
	[ "$status" -eq 0 ]
}

@test "a POST is repeated after 503 and not after 502 or 500; a GET also after 502" {
	serve
	call shelf.v1.projects.topics.publish '{topic: projects/p/topics/busy, body: {}}'
	perform
	[ "$output" = '{"count":3}' ]
	: >requests
	call shelf.v1.projects.topics.publish '{topic: projects/p/topics/flaky, body: {}}'
	perform
	[ "$(payload '|[.code, .tags]')" = '[500,["HttpError"]]' ]
	[ "$(requests | wc -l)" -eq 1 ]
	: >requests
	call shelf.v1.projects.topics.list '{project: projects/broken}'
	perform
	[ "$output" = '{"topics":[]}' ]
	[ "$(requests | wc -l)" -eq 3 ]
}

@test "an HTTP error of the service passes as it is and can be caught" {
	serve
	cat >call.yaml <<-'END'
		- ask:
		    try:
		      call: googleapis.shelf.v1.projects.topics.publish
		      args: {topic: projects/p/topics/gone, body: {}}
		      result: r
		    except:
		      as: e
		      steps:
		        - out:
		            return: {code: "${e.code}", tags: "${e.tags}", message: "${e.body.error.message}"}
	END
	perform
	[ "$output" = '{"code":404,"message":"no such topic","tags":["HttpError"]}' ]
}

@test "without a document the call says what to configure" {
	call pubsub.v1.projects.topics.publish '{topic: projects/p/topics/t}'
	lexflow check call.yaml
	run --separate-stderr lexflow run call.yaml
	[ "$status" -eq 1 ]
	[[ "$(payload .message)" == *"needs a discovery document: give --discovery FOLDER that holds pubsub.v1.json"* ]]
}

@test "with documents at hand, a wrong name or argument is refused before the run" {
	serve
	call shelf.v1.projects.topics.publsh '{topic: t}'
	perform
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"call.yaml:2:11: error: there is no method"* ]]
	[[ "$stderr" == *'did you mean "googleapis.shelf.v1.projects.topics.publish"?'* ]]
	call shelf.v1.projects.topics.publish '{topics: t}'
	perform
	[ "$status" -eq 2 ]
	[[ "$stderr" == *'has no argument "topics" [unknown-argument]'* ]]
	[[ "$stderr" == *'needs the argument "topic" [missing-argument]'* ]]
	call shelf.v1.projects.topics.publish '{query: {topic: t}}' # a parameter of the path is none of the query
	perform
	[ "$status" -eq 2 ]
	[[ "$stderr" == *'needs the argument "topic" [missing-argument]'* ]]
	[[ "$stderr" != *unknown-argument* ]]
	[ "$(requests)" = "" ]
}

@test "a run killed between two polls goes on, without the document, and starts nothing twice" {
	serve
	cp -r "$documents" documents
	call shelf.v1.projects.books.print \
		'{projectId: p, book: long, connector_params: {polling_policy: {initial_delay: 0.3, multiplier: 1}}}'
	lexflow run call.yaml --discovery documents --base-url "shelf=$url" --id long --quiet 2>/dev/null &
	runner=$!
	for _ in $(seq 3000); do
		[ "$(requests | grep -c GET)" -ge 2 ] && break
		sleep 0.02
	done
	kill -9 "$runner"
	wait "$runner" || true
	runner=
	rm -r documents call.yaml
	run --separate-stderr lexflow resume long
	echo "$stderr"
	[ "$output" = '{"done":true,"name":"operations/long","response":{"pages":300}}' ]
	[ "$(requests | grep -c POST)" -eq 1 ]
}

@test "the step of a past run is done again without the document" {
	serve
	call shelf.v1.projects.topics.publish '{topic: projects/p/topics/t, body: {n: 1}}'
	perform --id first
	run lexflow rerun first ask
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"difference:"*"none"* ]]
	[ "$(requests | wc -l)" -eq 2 ]
}

@test "calls of a connector cost no level of calls and no steps of their own but one per poll" {
	serve
	call shelf.v1.projects.books.print '{projectId: p, book: novel, connector_params: {polling_policy: {initial_delay: 0.05}}}'
	# two steps and two polls
	perform --limit call_depth=1 --limit steps=4
	[ "$status" -eq 0 ]
	call shelf.v1.projects.books.print '{projectId: p, book: long, connector_params: {polling_policy: {initial_delay: 0.05}}}'
	perform --limit steps=4
	[ "$(payload .tags)" = '["ResourceLimitError"]' ]
}

# ---- secrets

@test "a secret is read from the file given for it, and stands nowhere in the state" {
	serve
	printf 'correct horse "battery" staple\n' >secret.txt
	cat >call.yaml <<-'END'
		- read:
		    call: googleapis.secretmanager.v1.projects.secrets.versions.accessString
		    args: {secret_id: api-key}
		    result: key
		- inline:
		    assign:
		      - basic: "${base64.encode(text.encode(\"user:\" + key))}"
		      - again: "${googleapis.secretmanager.v1.projects.secrets.versions.accessString(\"api-key\")}"
		- send:
		    call: http.post
		    args:
		      url: "${sys.get_env(\"URL\") + \"/v1/projects/p/topics/t:publish\"}"
		      query: {key: "${key}"}
		      headers: {X-Basic: "${basic}"}
		      body: {key: "${key}", same: "${key == again}"}
		    result: r
		- note:
		    call: sys.log
		    args: {text: "${\"the key is \" + key}"}
		- out:
		    return: {same: "${r.body.got.same}", sent: "${r.body.got.key == key}", key: "${key}"}
	END
	run --separate-stderr lexflow run call.yaml --env "URL=$url" --secret api-key=secret.txt --id hush
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.same, .sent, .key]' <<<"$output")" = '[true,true,"correct horse \"battery\" staple\n"]' ]
	[[ "$stderr" != *"battery"* ]]
	[[ "$stderr" == *"the key is [secret api-key "* ]]
	# the request itself was sent as it is
	[[ "$(jq -r .url requests)" == *"key=correct+horse+%22battery%22+staple%0A" ]]
	# neither as it is, nor in a URL, nor in base64: digits of the header, from the middle
	for text in battery correct+horse JyZWN0IGhvcnNl; do
		run ! grep -aF "$text" state.db state.db-wal
	done
	# what was written can be replayed
	run --separate-stderr lexflow rerun hush out
	echo "$output$stderr"
	[[ "$output" == *"difference:"*"none"* ]]
}

@test "resume takes the secret again, and refuses another one" {
	printf 's3cr3t-of-old' >secret.txt
	cat >call.yaml <<-'END'
		- read:
		    call: googleapis.secretmanager.v1.projects.secrets.versions.access
		    args: {name: projects/p/secrets/api-key/versions/latest}
		    result: key
		- wait:
		    call: sys.sleep
		    args: {seconds: 3600}
		- out:
		    return: ${text.decode(base64.decode(key.payload.data))}
	END
	lexflow run call.yaml --secret api-key=secret.txt --id hush --quiet 2>/dev/null &
	runner=$!
	for _ in $(seq 1200); do
		lexflow show hush --events 2>/dev/null | grep -q '"step":"main.wait"' && break
		sleep 0.05
	done
	kill -9 "$runner"
	wait "$runner" || true
	runner=
	printf 'something else' >secret.txt
	run --separate-stderr lexflow resume hush
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"secret api-key is not what it was when run hush read it; give that content by --secret api-key=FILE"* ]]
	printf 's3cr3t-of-old' >elsewhere.txt
	# an hour passes: what the run did is an hour ago
	sqlite3 "${LEXFLOW_STATE:-$XDG_STATE_HOME/lexflow/state.db}" 'UPDATE events SET time_us = time_us - 3600000000'
	run --separate-stderr lexflow resume hush --secret api-key=elsewhere.txt
	echo "$stderr"
	[ "$output" = '"s3cr3t-of-old"' ]
}

@test "a secret that was not given names the option" {
	call secretmanager.v1.projects.secrets.versions.accessString '{secret_id: api-key}'
	run --separate-stderr lexflow run call.yaml
	[ "$status" -eq 1 ]
	[[ "$(payload .message)" == *"secret api-key is not known here: give --secret api-key=FILE"* ]]
}

# ---- runs of other definitions

@test "a run starts another definition, waits for it, or maps it over a list" {
	mkdir flows
	printf 'main:\n  params: [n]\n  steps:\n    - out:\n        return: ${n * 2}\n' >flows/double.yaml
	cat >call.yaml <<-'END'
		- one:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
		    args: {workflow_id: double, argument: 21}
		    result: one
		- many:
		    call: experimental.executions.map
		    args: {workflow_id: double, arguments: [3, 1, 2]}
		    result: many
		- created:
		    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
		    args: {parent: projects/p/locations/l/workflows/double, body: {argument: "5"}}
		    result: created
		- out:
		    return: {one: "${one}", many: "${many}", state: "${created.state}"}
	END
	run --separate-stderr lexflow run call.yaml --workflows flows
	echo "$output$stderr"
	[ "$output" = '{"many":[6,2,4],"one":42,"state":"ACTIVE"}' ]
}

@test "the connector of executions goes to another server when its address is given" {
	serve
	cat >workflowexecutions.v1.json <<-'END'
		{"name": "workflowexecutions", "version": "v1", "rootUrl": "https://workflowexecutions.googleapis.com/", "servicePath": "",
		 "resources": {"projects": {"resources": {"locations": {"resources": {"workflows": {"resources": {"executions": {"methods": {
		 "get": {"httpMethod": "GET", "path": "v1/{+name}", "parameters": {"name": {"location": "path", "required": true}}}}}}}}}}}}}
	END
	call workflowexecutions.v1.projects.locations.workflows.executions.get '{name: operations/e}'
	run --separate-stderr lexflow run call.yaml --discovery . --base-url "workflowexecutions=$url"
	echo "$output$stderr"
	[ "$output" = '{"done":false,"name":"operations/e"}' ]
	[ "$(requests)" = "GET /v1/operations/e" ]
}
