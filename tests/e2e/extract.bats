# extract as a program: filter, service, models of one's own, and what is wrong with them.

bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	export LEXFLOW_LOG=json
	unset EXTRACT_MODELS DOCUMENT_STORE
	extract="$(realpath "${LEXFLOW_BIN:-build/bin}")/extract"
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

# A record: its type and its text (invented parties).
record() {
	jq -nc --arg type "$1" --arg text "$2" '{id: "r1", source: "r1.txt", text: $text,
		classification: {doc_type: {value: $type, probability: 1}}}'
}

order='UNITED STATES OF AMERICA
Before the
COMMODITY FUTURES TRADING COMMISSION

In the Matter of:

Blue Heron Trading LLC,

Respondent. ) CFTC Docket No. 31 - 07

I.

The Commodity Futures Trading Commission ("Commission") has reason to believe that from 2028 to 2029
Blue Heron Trading LLC ("Blue Heron" or "Respondent") violated Section 4c(a) of the Act, 7 U.S.C. § 6c(a) (2028).

Without admitting or denying any of the findings, Respondent consents to the entry of this Order.

IT IS HEREBY ORDERED THAT:

A. Respondent shall cease and desist from violating Section 4c(a) of the Act.
B. Respondent shall pay a civil monetary penalty in the amount of one hundred
forty thousand dollars ($140,000), plus post-judgment interest.

By the Commission.

Dated: March 4, 2031'

@test "an order gives date, authority, docket, respondent, penalty, provision, measure and admission" {
	record administrative_order "$order" | "$extract" >out.jsonl
	jq -e '.extraction.model == "administrative_order@1" and .id == "r1"' out.jsonl
	jq -e '.extraction.fields | .doc_date.value == "2031-03-04" and .authorities[0].value == "CFTC"
		and ([.references[] | .kind, .value] == ["docket", "31-07"])' out.jsonl
	jq -e '.extraction.fields.parties | length == 1 and .[0].name == "Blue Heron Trading LLC"
		and .[0].kind == "entity" and .[0].role == "respondent"' out.jsonl
	jq -e '.extraction.fields.money | length == 1 and .[0].amount == "140000" and .[0].currency == "USD"
		and .[0].kind == "civil_penalty" and .[0].status == "imposed"
		and .[0].party == "Blue Heron Trading LLC"' out.jsonl
	jq -e '.extraction.fields | .legal_basis[0].instrument == "7 U.S.C." and .legal_basis[0].provision == "6c(a)"
		and .measures[0].kind == "cease_and_desist" and .admission.value == "neither_admit_nor_deny"' out.jsonl
}

@test "every span is the place of its quote, in characters" {
	record administrative_order "é “$order”" | "$extract" >out.jsonl
	jq -e '.text as $text | [.extraction.fields | .. | objects | select(has("span"))] | length > 5
		and all($text[.span.start:.span.end] == .quote)' out.jsonl
}

@test "a French summary gives its articles" {
	record court_summary "Il résulte de l'article 12-3 du code de procédure pénale que la juridiction statue." |
		"$extract" >out.jsonl
	jq -e '.extraction.fields.legal_basis | length == 1 and .[0].instrument == "code de procédure pénale"
		and .[0].provision == "12-3"' out.jsonl
}

@test "a type that nobody knows is read with the default model" {
	record never_heard_of "Dated: March 4, 2031" | "$extract" >out.jsonl
	jq -e '.extraction.model == "default@1" and .extraction.fields.doc_date.value == "2031-03-04"' out.jsonl
	record ../../etc/passwd "x" | "$extract" | jq -e '.extraction.model == "default@1"'
	echo '{"id": "r2", "text": "x"}' | "$extract" | jq -e '.extraction.model == "default@1"'
}

@test "a record with an error passes on as it is, one without a text is answered with one" {
	printf '%s\n' '{"error":{"title":"unreadable"},"id":"a"}' '{"id":"b"}' >in.jsonl
	run -1 --separate-stderr "$extract" in.jsonl
	[ "${lines[0]}" = '{"error":{"title":"unreadable"},"id":"a"}' ]
	jq -e '.id == "b" and (.error | type == "object")' <<<"${lines[1]}"
}

@test "models of one's own define fields of their own" {
	mkdir models
	echo '{"fields": {"invoice": {"patterns": ["(?i)invoice no\\. (?P<value>[A-Z]+-\\d+)"]}}}' >models/default.yaml
	record man "see Invoice No. INV-000123." | "$extract" --models models >out.jsonl
	jq -e '.extraction.fields == {invoice: [{value: "INV-000123", quote: "Invoice No. INV-000123",
		span: {start: 4, end: 26}, confidence: 0.8}]}' out.jsonl
	record man "see Invoice No. INV-000123." | EXTRACT_MODELS=models "$extract" |
		jq -e '.extraction.fields.invoice[0].value == "INV-000123"'
}

@test "a bad model is refused with its place, and check finds it before it is used" {
	mkdir models
	printf 'fields:\n  a:\n    rules:\n      - {find: "(", give: {v: $match}}\n' >models/default.yaml
	run -2 --separate-stderr "$extract" check models
	[[ "${stderr_lines[0]}" == *"models/default.yaml:4:16: error: invalid regular expression"* ]]
	run -1 --separate-stderr "$extract" --models models <<<'{"id": "a", "text": "x"}'
	jq -e '.id == "a" and (.error.detail | contains("default.yaml:4:16"))' <<<"$output"
}

@test "the models that ship are sound" {
	run -0 --separate-stderr "$extract" check
	[ -z "$stderr" ]
}

@test "a folder without models is a clear refusal" {
	mkdir empty
	run --separate-stderr "$extract" --models empty <<<'{}'
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"no extraction model"* ]]
	run --separate-stderr "$extract" --models nowhere <<<'{}'
	[ "$status" -eq 4 ]
}

@test "hostile texts end in time: long lines, many matches, deep brackets" {
	python3 - >in.jsonl <<-'PYTHON'
		import json
		texts = ["$1 penalty " * 100000, "(" * 300000, "A" * 1000000, "Acme, " * 100000, "\n" * 500000,
			 "7 U.S.C. § 6b" + "(a)" * 200000]
		for text in texts:
		    print(json.dumps({"text": text, "classification": {"doc_type": {"value": "press_release"}}}))
	PYTHON
	timeout 120 "$extract" in.jsonl >out.jsonl
	[ "$(wc -l <out.jsonl)" -eq 6 ]
	jq -e '.extraction.fields | type == "object"' out.jsonl
}

@test "view shows a text as rules see it" {
	printf 'agreed to\npay “$5”\n' >a.txt
	[ "$("$extract" view flow a.txt)" = 'agreed to pay "$5"' ]
	run -4 "$extract" view flow missing.txt
	run -2 "$extract" view sideways a.txt
}

@test "the same answer over HTTP" {
	local log=serve.log port=
	"$extract" --serve --port 0 2>"$log" 3>&- &
	pids+=($!)
	for _ in $(seq 1200); do
		port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -n 1)
		[ -n "$port" ] && curl -sf "http://127.0.0.1:$port/healthz" >/dev/null && break
		sleep 0.05
	done
	record administrative_order "$order" >in.jsonl
	curl -sf -H 'Content-Type: application/json' --data-binary @in.jsonl "http://127.0.0.1:$port/" | jq -S . >http.json
	"$extract" in.jsonl | jq -S . >filter.json
	cmp http.json filter.json
}

@test "explain says which rule gave which value, what was refused and by which line of the model" {
	mkdir models
	cat >models/default.yaml <<-'END'
		fields:
		  fine:
		    rules:
		      - name: fined
		        find: 'fine of (?P<sum>\$\d+)'
		        not: {before: 'maximum \z'}
		        give: {amount: $sum | amount}
		      - name: never
		        find: 'zebra'
		        give: {amount: $match | amount}
		  none:
		    rules: [{find: 'unicorn', give: {value: $match}}]
	END
	printf 'He paid a fine of $10. The maximum fine of $99 is more. A fine of $10.' >text.txt
	run --separate-stderr "$extract" explain --models models text.txt
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *'fine: 1'* ]]
	[[ "$output" == *'+ default.yaml:4 fined: taken, 10-21 "fine of $10"'*'amount=10'* ]]
	[[ "$output" == *'- default.yaml:4 fined: refused, 35-46 "fine of $99"'*'line 6: not before: maximum \z'* ]]
	[[ "$output" == *'- default.yaml:4 fined: known, 58-69'* ]]
	[[ "$output" == *'none: unknown, none of 1 rules matches'* ]]
	[[ "$output" != *zebra* && "$output" != *never* ]]
	run --separate-stderr "$extract" explain --models models --all --field fine text.txt
	[[ "$output" == *'default.yaml:8 never: cannot match'* && "$output" != *none:* ]]
	record some_type "$(cat text.txt)" | "$extract" explain --models models --json - >explained.json
	jq -e '.fields.fine[0].amount == "10" and (.unknown | has("none")) and
		[.trace[] | select(.rule == "fined") | .verdict] == ["taken", "refused", "known"]' explained.json
	run "$extract" explain --models models /proc/nonexistent/text
	[ "$status" -eq 4 ]
	run "$extract" explain
	[ "$status" -eq 2 ]
}

@test "a field without a value says why" {
	record administrative_order "$order" | "$extract" >out
	jq -e '.extraction.unknown | has("money") | not' out
	record administrative_order "Nothing is said here." | "$extract" >out
	jq -e '.extraction.fields.parties == [] and (.extraction.unknown.parties | test("none of [0-9]+ rules matches")) and
		(.extraction.unknown.doc_date | length > 0)' out
	record indictment "$order" | "$extract" >out
	jq -e '.extraction.unknown.admission | test("nowhere that the model looks")' out
}

@test "train counts how often rules were right, and records carry what was measured" {
	mkdir models
	cat >models/default.yaml <<-'END'
		fields:
		  fine:
		    unique: [amount]
		    rules:
		      - {name: good, find: 'fined \$(?P<sum>\d+)', give: {amount: $sum}, confidence: 0.5}
		      - {name: bad, find: 'about \$(?P<sum>\d+)', give: {amount: $sum}, confidence: 0.9}
	END
	for n in $(seq 1 20); do
		jq -nc --arg n "$n" '{id: $n, text: "He was fined $1\($n), lost about $9."}' >>records
		jq -nc --arg n "$n" '{id: $n, fine: [{amount: "1\($n)"}]}' >>gold
	done
	"$extract" --models models <records >extracted
	jq -e '[.extraction.fields.fine[].confidence] == [0.5, 0.9]' <(head -1 extracted)
	run --separate-stderr "$extract" train --models models --gold gold --output models/confidence.tsv extracted
	echo "$stderr"
	[ "$status" -eq 0 ]
	# Half the items are wrong at 0.9 and half right at 0.5: |0.5 - 1| and |0.9 - 0| on average. Held out, 18 of
	# each rule are known, all alike: (18 + 4 * 0.5) / 22 against 1, and its mirror image.
	[[ "$stderr" == *'40 items of 20 annotated documents; expected calibration error 0.700 as given, 0.091 held out (10 folds)'* ]]
	[ "$(grep -v '^#' models/confidence.tsv)" = "$(printf 'fine\tgood\t20\t0\nfine\tbad\t0\t20')" ]
	"$extract" --models models <records >again # (20 + 4 * 0.5) / 24 and (0 + 4 * 0.5) / 24
	jq -e '[.extraction.fields.fine[].confidence * 1000 | floor] == [916, 83]' <(head -1 again)
	printf 'fine\tgood\tmany\t0\n' >models/confidence.tsv
	run --separate-stderr "$extract" --models models <records
	[[ "$status" -ne 0 && "$stderr" == *'confidence.tsv:1: a line is field, rule, right, wrong'* ]]
	run --separate-stderr "$extract" train --gold gold
	[ "$status" -eq 2 ]
}

@test "hard texts: joint, in parts, credited, cut, broken by a scan, several in a caption" {
	cases="$BATS_TEST_DIRNAME/../samples/hard.jsonl"
	jq -c '{id: .case, language, text, classification: {doc_type: {value: .type, probability: 1}}}' "$cases" |
		"$extract" >out
	run command jq -rn --slurpfile known "$cases" --slurpfile got out '
		[$known, $got] | transpose[] | .[0] as $want | .[1].extraction.fields as $fields
		| def plain: sort | tojson | ascii_downcase; # capitals of a heading become ordinary ones
		([$fields.parties[].name]) as $parties
		| ([$fields.money[] | [.kind, .amount, .currency, .status, .party // ""]]) as $money
		| select(($parties | plain) != ($want.parties | plain) or ($money | plain) != ($want.money | plain))
		| "\($want.case): \($parties) \($money)"'
	echo "$output"
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "models of one's own are added to those that ship, and take the place of their like" {
	mkdir models
	cat >models/consent_decree.yaml <<-'END'
		model: consent_decree
		version: 3
		include: [common]
		fields:
		  decree: '(?i)decree no\. (?P<value>\d+)'
		  doc_date:
		    rules:
		      - {name: entered, find: 'Entered (?P<date>{{DATE}})', give: {value: $date | date}, first: true}
	END
	record consent_decree "Decree No. 17. Entered March 4, 2031." >in.jsonl
	record administrative_order "$order" >>in.jsonl
	"$extract" --models models <in.jsonl >out.jsonl
	jq -se '.[0].extraction | .model == "consent_decree@3" and .model_from == "own" and
		.fields.decree[0].value == "17" and .fields.doc_date.value == "2031-03-04"' out.jsonl
	jq -se '.[1].extraction | .model == "administrative_order@1" and .model_from == "shipped"' out.jsonl
	jq -se '.[0].extraction.model == "default@1" and .[0].extraction.model_from == "shipped"' <("$extract" <in.jsonl)
	# What ships finds the same as without a folder of one's own, confidence included.
	[ "$(tail -n 1 out.jsonl)" = "$("$extract" <in.jsonl | tail -n 1)" ]
	# A file of the same name: what ships is not asked; one that includes its own name goes on from it.
	echo '{"version": 2, "fields": {"note": "\\w+"}}' >models/administrative_order.yaml
	"$extract" --models models <in.jsonl >out.jsonl
	jq -se '.[1].extraction | .model == "administrative_order@2" and .model_from == "own" and
		(.fields | keys) == ["note"]' out.jsonl
	echo '{"version": 2, "include": ["administrative_order"], "fields": {"note": "(?i)order"}}' >models/administrative_order.yaml
	"$extract" --models models <in.jsonl >out.jsonl
	jq -se '.[1].extraction | .model == "administrative_order@2" and (.fields.note | length > 0) and
		.fields.doc_date.value == "'"$(record administrative_order "$order" | "$extract" | command jq -r .extraction.fields.doc_date.value)"'"' out.jsonl
	run -0 --separate-stderr "$extract" check models
	[ -z "$stderr" ]
}

@test "check takes files, and a shared piece of one's own is tried in what ships" {
	mkdir models
	echo 'fields: {a: "x"}' >models/good.yaml
	printf 'include: [common, pieces]\nfields: {a: "{{WORD}}"}\n' >models/also_good.yaml
	printf 'define: {WORD: "[a-z]+"}\n' >models/pieces.yaml
	printf 'include: [nothing]\nfields: {a: "x"}\n' >models/bad.yaml
	run -0 --separate-stderr "$extract" check models/good.yaml models/also_good.yaml models/pieces.yaml
	[ -z "$stderr" ]
	cd models
	run -0 "$extract" check good.yaml
	cd ..
	run -2 --separate-stderr "$extract" check models/good.yaml models/bad.yaml
	[[ "${stderr_lines[0]}" == 'models/bad.yaml:1:11: error: no file "nothing.yaml" to include [no-model-file]' ]]
	[[ "$stderr" == *'hint: files are looked for in models and '* ]]
	run -2 --separate-stderr "$extract" check models
	rm models/bad.yaml
	cp models/good.yaml "models/My Type.yaml"
	run -2 --separate-stderr "$extract" check models
	[[ "$stderr" == *'models/My Type.yaml: error: no type can be called "My Type" [bad-name]'* ]]
	rm "models/My Type.yaml"
	run -0 "$extract" check models
	echo 'define: {MONTH: "January"}' >models/common.yaml # what ships needs more of it
	run -2 --separate-stderr "$extract" check models
	[[ "$stderr" == *'is not defined [unknown-macro]'* ]]
	run -4 "$extract" check models/missing.yaml
	touch models/notes.txt
	run -2 --separate-stderr "$extract" check models/notes.txt
	[[ "$stderr" == *'is not called TYPE.yaml'*hint* ]]
}

@test "what was measured of the rules that ship is not said of one's own of the same name" {
	mkdir models
	rule=$(awk '$1 == "doc_date" && $4 > 0 { print $2; exit }' "$BATS_TEST_DIRNAME/../../steps/extract/models/confidence.tsv")
	echo "{fields: {doc_date: {rules: [{name: $rule, find: 'x+', give: {value: \$match}, confidence: 0.25}]}}}" >models/mine.yaml
	record mine "axxb" | "$extract" --models models | jq -e '.extraction.fields.doc_date[0].confidence == 0.25'
	printf 'doc_date\t%s\t3\t1\n' "$rule" >models/confidence.tsv # (3 + 4 * 0.75) / 8
	record mine "axxb" | "$extract" --models models | jq -e '.extraction.fields.doc_date[0].confidence == 0.75'
}

@test "train: an item is right by what it says, not by saying nothing" {
	mkdir models
	cat >models/mine.yaml <<-'END'
		fields:
		  span:
		    rules: [{name: years, find: 'from (?P<a>\d+) to (?P<b>\d+)', give: {start: $a, end: $b}}]
		  empty:
		    unique: [value]
		    rules: [{name: nothing, find: 'from', give: {other: x}}]
	END
	record mine "from 2001 to 2005" | "$extract" --models models >extracted
	echo '{"id": "r1", "span": {"start": "1999", "end": "2005"}, "empty": [{"kind": "y"}]}' >wrong
	echo '{"id": "r1", "span": [{"start": "2001", "end": "2005", "quote": "elsewhere"}], "empty": []}' >right
	"$extract" train --models models --gold wrong --output counts extracted 2>/dev/null
	[ "$(grep -v '^#' counts)" = "$(printf 'span\tyears\t0\t1\nempty\tnothing\t0\t1')" ]
	"$extract" train --models models --gold right --output counts extracted 2>/dev/null
	[ "$(grep '^span' counts)" = "$(printf 'span\tyears\t1\t0')" ]
}
