# The four steps keep the contract of steps/README.md: what is the same for all of them.

bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" LEXFLOW_LOG=json
	unset PORT HOST K_SERVICE AIP_HTTP_PORT AIP_PREDICT_ROUTE AIP_HEALTH_ROUTE DOCUMENT_STORE
	unset STORE_DATABASE STORE_SINK EXTRACT_MODELS
	bin=$(realpath "${LEXFLOW_BIN:-build/bin}")
	steps=(ingest classify extract store)
	cd "$BATS_TEST_TMPDIR"
	pids=()
}

teardown() {
	local pid
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# Start a step as a service on a free port; sets $url, $pid and $log.
serve() {
	log="$BATS_TEST_TMPDIR/$1.log"
	"$bin/$1" --serve --port 0 "${@:2}" 2>"$log" 3>&- &
	pid=$!
	pids+=("$pid")
	for _ in $(seq 2400); do
		port=$(jq -r '.port // empty' "$log" 2>/dev/null | head -n 1)
		[ -n "$port" ] && break
		kill -0 "$pid" || break
		sleep 0.025
	done
	[ -n "$port" ] || { cat "$log"; return 1; }
	url="http://127.0.0.1:$port"
}

# End it as Cloud Run does.
end() {
	kill -TERM "$pid"
	wait "$pid"
}

post() {
	curl -s --noproxy '*' -H 'Content-Type: application/json' "$@"
}

@test "--help begins with an example and fits the contract" {
	for step in "${steps[@]}"; do
		run -0 "$bin/$step" --help
		[ "${lines[0]}" = "Example:" ]
		for option in --serve --port --jobs --documents --schema --version; do
			[[ $output == *"$option"* ]] || { echo "$step: no $option"; return 1; }
		done
	done
}

@test "--version names the step, --schema is JSON with both schemas" {
	for step in "${steps[@]}"; do
		run -0 "$bin/$step" --version
		[[ $output =~ ^$step\ \(lexflow\)\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
		"$bin/$step" --schema | jq -e '(.request | has("type")) and (.response | has("type"))'
	done
}

@test "an unknown option is exit 2 with the nearest name, and nothing is made" {
	for step in "${steps[@]}"; do
		run -2 --separate-stderr "$bin/$step" --srve </dev/null
		[ -z "$output" ]
		[ "${stderr_lines[0]}" = "$step: error: unknown option --srve" ]
		[ "${stderr_lines[1]}" = "  hint: did you mean --serve?" ]
	done
	[ ! -e "$XDG_STATE_HOME" ]
}

@test "no input, no output, exit 0" {
	for step in "${steps[@]}"; do
		run -0 --separate-stderr "$bin/$step" </dev/null
		[ -z "$output" ]
	done
}

@test "bad lines are error lines in their place, exit 1" {
	for step in "${steps[@]}"; do
		printf '{oops\n{"mark": 7, "source": ""}\n[]\n' >in
		run -1 --separate-stderr "$bin/$step" -j2 <in
		[ "${#lines[@]}" -eq 3 ]
		jq -e '.line == 1 and .error.type == "urn:lexflow:problem:malformed-json"' <<<"${lines[0]}"
		jq -e '.mark == 7 and .error.status >= 400 and (.error.detail | length > 0)' <<<"${lines[1]}"
		jq -e '.line == 3 and .error.type == "urn:lexflow:problem:invalid-input"' <<<"${lines[2]}"
	done
}

@test "a record that failed earlier passes unchanged through the steps before store" {
	line='{"source": "/in/a.txt",  "error": {"type": "x", "detail": "gone"}}'
	for step in ingest classify extract; do
		run -0 --separate-stderr "$bin/$step" <<<"$line"
		[ "$output" = "$line" ]
	done
	run -0 --separate-stderr "$bin/store" <<<"$line" # and there it is kept
	jq -e 'has("error") | not' <<<"$output"
}

@test "a reader that goes away ends a step quietly" {
	line='{"source": "/in/a.txt", "error": {"detail": "gone"}}'
	for step in ingest classify extract; do
		for _ in $(seq 20000); do echo "$line"; done >in
		run bash -c "set -o pipefail; '$bin/$step' <in 2>err | head -n 1; exit \${PIPESTATUS[0]}"
		[ "$status" -eq 141 ]
		[ "$output" = "$line" ]
		[ ! -s err ]
	done
}

@test "a service is healthy, describes itself, refuses in problems and ends on SIGTERM" {
	for step in "${steps[@]}"; do
		serve "$step"
		curl -s --noproxy '*' "$url/healthz" | jq -e '.status == "ok"'
		curl -s --noproxy '*' "$url/openapi.json" |
			jq -e --arg step "$step" '.openapi == "3.1.0" and .info.title == $step and .paths["/"].post'
		post -d '{oops' "$url/" | jq -e '.type == "urn:lexflow:problem:malformed-json" and .status == 400'
		post -d '[]' "$url/" | jq -e '.type == "urn:lexflow:problem:invalid-input" and .status == 422'
		status=$(post -d '{}' -o body -w '%{http_code} %{content_type}' "$url/")
		[[ $status == "4"*" application/problem+json" ]] || { echo "$step: $status"; cat body; return 1; }
		curl -s --noproxy '*' -d '{}' "$url/" | jq -e '.status == 415'
		curl -s --noproxy '*' -H 'Host: evil.example' "$url/healthz" | jq -e '.status == 403'
		end
	done
}

@test "Vertex AI's routes take instances and give predictions in their places" {
	export AIP_HEALTH_ROUTE=/v1/health AIP_PREDICT_ROUTE=/v1/models/m:predict
	for step in classify extract; do
		serve "$step"
		curl -s --noproxy '*' "$url/v1/health" | jq -e '.status == "ok"'
		post -d '{"instances": [{"mark": 1}, {"mark": 2}]}' "$url/v1/models/m:predict" |
			jq -e '[.predictions[] | .mark] == [1, 2] and (.predictions | all(.error.status >= 400))'
		end
	done
}

@test "a body beyond the limit is 413" {
	head -c 3000 /dev/zero | tr '\0' ' ' >large
	for step in "${steps[@]}"; do
		serve "$step" --max-request 2048
		post --data-binary @large "$url/" | jq -e '.status == 413'
		end
	done
}

@test "a port that is taken is exit 3 with a hint" {
	serve classify
	for step in "${steps[@]}"; do
		run -3 --separate-stderr "$bin/$step" --serve --port "$port"
		[[ ${stderr_lines[0]} == *"cannot listen on 127.0.0.1:$port: Address already in use" ]] ||
			{ echo "$stderr"; return 1; }
		[[ $stderr == *"hint: another program has this port"* ]]
	done
	end
}

@test "the log is JSON in Cloud Logging's fields, with the trace of the call" {
	serve extract
	trace=4bf92f3577b34da6a3ce929d0e0e4736
	post -H "traceparent: 00-$trace-00f067aa0ba902b7-01" -d '{}' "$url/" >/dev/null
	end
	jq -es --arg trace "$trace" 'map(select(.httpRequest.status >= 400)) | length == 1 and
		(.[0]["logging.googleapis.com/trace"] == $trace) and .[0].severity == "WARNING" and
		.[0].component == "extract"' "$log"
}

@test "what failed at any step of a pipe, and was never a record, is among store's failures at the end" {
	printf '{"id": "a", "source": "a.txt", "text": "x"}\nnot json\n' >in.jsonl
	"$bin/classify" in.jsonl gone.jsonl 2>/dev/null | "$bin/extract" 2>/dev/null >out.jsonl || true
	run -0 --separate-stderr "$bin/store" out.jsonl
	jq -se 'map(.status) == ["accepted", "accepted", "accepted"]' <<<"$output"
	[ "$(sqlite3 "$XDG_STATE_HOME/lexflow/decisions.db" 'SELECT source FROM failures ORDER BY source')" = \
		$'gone.jsonl\nline 2' ]
}

@test "an error that is null is none" {
	run -0 --separate-stderr "$bin/classify" - <<<'{"id": "a", "text": "x", "error": null}'
	jq -e .classification.doc_type <<<"$output"
}

@test "SIGTERM ends a filter that waits at a named pipe" {
	mkfifo pipe
	for step in classify extract store; do
		"$bin/$step" pipe >/dev/null 2>"$step.log" 3>&- &
		pid=$!
		pids+=("$pid")
		for _ in $(seq 3000); do # until it is there: signals are blocked from then on
			grep -q 'SigBlk:.*4002$' "/proc/$pid/status" && [ "$(ls "/proc/$pid/task" | wc -l)" -gt 3 ] && break
			sleep 0.02
		done
		kill -TERM "$pid"
		for _ in $(seq 3000); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.02
		done
		status=0
		kill -0 "$pid" 2>/dev/null && { echo "$step hangs"; return 1; }
		wait "$pid" || status=$?
		[ "$status" -eq 143 ] || { echo "$step: $status"; cat "$step.log"; return 1; }
	done
	(sleep 0.2; echo '{"id": "a", "text": "x"}') >pipe &
	run -0 --separate-stderr "$bin/classify" pipe
	jq -e '.id == "a"' <<<"$output"
}
