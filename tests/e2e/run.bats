#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # the $ in single quotes are those of jq; $stderr is set by run
# The main job: workflow.yaml over the sample decisions, held against what their author knows of them.
bats_require_minimum_version 1.5.0

setup_file() {
	root=$(realpath "$BATS_TEST_DIRNAME/../..")
	export root
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$root/build/bin}
	export PATH="$LEXFLOW_BIN:$PATH"
	cd "$root" || return 1
	use "$BATS_FILE_TMPDIR/run"
	# The first run is shared by the tests that only look at its outcome.
	infra/run "$LEXFLOW_BIN" tests/samples/decisions >"$XDG_STATE_HOME.out" 2>"$XDG_STATE_HOME.err" ||
		echo "exit $?" >>"$XDG_STATE_HOME.err"
	store list --limit 0 --format json | jq -r .id | while read -r id; do store show "$id"; done |
		jq -c . >"$XDG_STATE_HOME.records"
}

use() { # a state folder of its own
	export XDG_STATE_HOME=$1 LEXFLOW_STATE=$1/state.db DOCUMENT_STORE=$1/documents STORE_DATABASE=$1/decisions.db
	mkdir -p "$1"
}

setup() {
	cd "$root" || return 1
	use "$BATS_FILE_TMPDIR/run"
}

# The filter $1 says true of the JSON in file $2; no JSON at all is no truth (jq -e thinks otherwise).
holds() {
	local filter=$1 file=$2
	shift 2
	[ "$(jq "$@" "$filter" "$file")" = true ]
}

# One line per sample that differs: the author's value of $1 against the jq expression $2 over the record.
differences() {
	jq -rn --slurpfile known tests/samples/expected.jsonl --slurpfile records "$XDG_STATE_HOME.records" '
		def plain: ascii_downcase | gsub("[^a-z0-9]"; "");
		($records | map({key: (.source | sub(".*/"; "")), value: .}) | from_entries) as $by_file
		| $known[] | . as $sample | $by_file[.file] as $record
		| ($record | '"$2"') as $found
		| select(('"$3"') | not)
		| "\(.file): expected \('"$1"'), found \($found)"'
}

# The last `run differences` found at most N. Extraction is by rules and not perfect: the bars say how much of
# the samples it must find, and only ever get lower. `make eval` measures it on real decisions.
at_most() {
	echo "$output"
	[ "$status" -eq 0 ] && [ "$(grep -c . <<<"$output")" -le "$1" ]
}

@test "the run ends well, with a row for each decision" {
	cat "$XDG_STATE_HOME.err"
	run ! grep '^exit' "$XDG_STATE_HOME.err"
	[ "$(wc -l <"$XDG_STATE_HOME.records")" -eq 15 ]
	for file in tests/samples/decisions/*; do
		grep -qF "$(basename "$file" | cut -c1-12)" "$XDG_STATE_HOME.out"
	done
}

@test "the summary counts documents, types and failures, and says where the results are" {
	summary="$XDG_STATE_HOME/summary.json"
	cat "$summary"
	holds '.documents == 15 and .stored == 15 and .failure_count == 0 and .failures == []' "$summary"
	holds '[.by_type[]] | add == 15' "$summary"
	holds '.results | contains($database)' "$summary" --arg database "$STORE_DATABASE"
}

@test "each decision has its type" {
	run differences .type '.classification.doc_type.value' '$sample.type == $found'
	at_most 0
}

@test "each decision has its language" {
	run differences .language '.language' '$sample.language == $found'
	at_most 0
}

@test "each decision has its date" {
	run differences .date '.extraction.fields.doc_date.value' '$sample.date == $found'
	at_most 0
}

@test "the party is among the parties" {
	run differences .party '[.extraction.fields.parties[]?.name]' \
		'$sample.party == null or ($found | map(plain) | index($sample.party | plain))'
	at_most 0
}

@test "the sanction is among the sums, in its currency" {
	run differences .amount '[.extraction.fields.money[]? | "\(.currency) \(.amount)"]' \
		'$sample.amount == null or ($found | index("\($sample.currency) \($sample.amount)"))'
	at_most 0
}

@test "period, court, counts, term and what an OFAC notice weighs are as the text says" {
	run jq -rn --slurpfile known tests/samples/expected.jsonl --slurpfile records "$XDG_STATE_HOME.records" '
		($records | map({key: (.source | sub(".*/"; "")), value: .extraction.fields}) | from_entries) as $by_file
		| $known[] | . as $sample | (.details // {}) | to_entries[]
		| (.key | split(".") | map(tonumber? // .)) as $path
		| ($by_file[$sample.file] | try getpath($path) catch null) as $found
		| select($found != .value)
		| "\($sample.file): \(.key) expected \(.value), found \($found)"'
	at_most 0
}

@test "every quote stands at its span in the text" {
	run python3 - "$XDG_STATE_HOME.records" <<-'END'
		import json, sys
		def items(node):
		    if isinstance(node, dict):
		        if "span" in node and "quote" in node:
		            yield node
		        for child in node.values():
		            yield from items(child)
		    elif isinstance(node, list):
		        for child in node:
		            yield from items(child)
		seen = 0
		for line in open(sys.argv[1]):
		    record = json.loads(line)
		    text = open(record["text_uri"].removeprefix("file://"), encoding="utf-8").read()
		    assert record["chars"] == len(text), (record["source"], record["chars"], len(text))
		    for item in items(record["extraction"]):
		        span, seen = item["span"], seen + 1
		        found = text[span["start"]:span["end"]]
		        assert "".join(found.split()) == "".join(item["quote"].split()), (record["source"], item, found)
		assert seen > 100, seen
	END
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the pipe gives the same records as the workflow" {
	ingest tests/samples/decisions/* | classify | extract | jq -cS 'del(.tasks)' | sort >"$BATS_TEST_TMPDIR/pipe"
	# the workflow was given the folder, the pipe its files: a path may be written in two ways
	jq -cS 'del(.tasks)' "$XDG_STATE_HOME.records" | sort >"$BATS_TEST_TMPDIR/workflow"
	for side in pipe workflow; do
		jq -cS '.source |= sub(".*/"; "")' "$BATS_TEST_TMPDIR/$side" | sort >"$BATS_TEST_TMPDIR/$side.sorted"
	done
	diff "$BATS_TEST_TMPDIR/pipe.sorted" "$BATS_TEST_TMPDIR/workflow.sorted"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/pipe.sorted")" -eq 15 ]
}

@test "what is stored can be searched" {
	run store search dredgers
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *ofac-terrapin* || "$output" == *Terrapin* ]]
}

@test "running it again stores nothing twice" {
	use "$BATS_TEST_TMPDIR/twice"
	for _ in 1 2; do
		infra/run "$LEXFLOW_BIN" tests/samples/decisions/amf-lestrac-accord.txt
	done
	[ "$(store list --limit 0 --format json | wc -l)" -eq 1 ]
}

@test "a bad document is reported with its reason and stops no other" {
	use "$BATS_TEST_TMPDIR/bad"
	mkdir "$BATS_TEST_TMPDIR/mixed"
	cp tests/samples/bad/* tests/samples/decisions/ofac-* tests/samples/decisions/*.pdf "$BATS_TEST_TMPDIR/mixed"
	run infra/run "$LEXFLOW_BIN" "$BATS_TEST_TMPDIR/mixed"
	echo "$output"
	[ "$status" -eq 0 ]
	summary="$XDG_STATE_HOME/summary.json"
	holds '.documents == 5 and .stored == 2 and .failure_count == 3' "$summary"
	for file in empty.txt garbage.bin broken.pdf; do
		holds '.failures[] | select(.source | endswith($file)) | .step == "ingest" and (.reason | length > 10)' \
			"$summary" --arg file "$file"
	done
}

@test "a source that is not there fails the run and says which" {
	use "$BATS_TEST_TMPDIR/missing"
	run --separate-stderr lexflow run workflow.yaml --data '{"source": "/nowhere/at/all.pdf"}'
	echo "$output $stderr"
	[ "$status" -eq 1 ] || [ "$(jq .failure_count <<<"$output")" -eq 1 ]
	[[ "$output$stderr" == *"/nowhere/at/all.pdf"* ]]
}

@test "a run without a source says what to give" {
	use "$BATS_TEST_TMPDIR/nothing"
	last="$BATS_TEST_TMPDIR/last"
	run --separate-stderr lexflow run workflow.yaml
	echo "$stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	tail -n 1 <<<"$stderr" >"$last"
	holds '.error.payload | contains("source")' "$last"
}

@test "the definition passes check without a word" {
	run lexflow check workflow.yaml
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
