#!/usr/bin/env bats
# classify as a program: records in and out, its own models, and making new ones.

bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" LEXFLOW_LOG=json
	unset PORT HOST K_SERVICE DOCUMENT_STORE CLASSIFY_MODEL CLASSIFY_MATTERS_MODEL
	bin=$(realpath "${LEXFLOW_BIN:-build/bin}")
	classify="$bin/classify"
	cd "$BATS_TEST_TMPDIR"
}

record() { # ID TEXT: a record with its text
	jq -cn --arg id "$1" --arg text "$2" '{id: $id, text: $text}'
}

indictment='UNITED STATES DISTRICT COURT. UNITED STATES OF AMERICA v. ORLA MERCATI, Defendant. INDICTMENT
THE GRAND JURY CHARGES: COUNT ONE (Conspiracy to Violate the Foreign Corrupt Practices Act). From 2009 to 2013 the
defendant paid bribes to a foreign official and falsified books and records. A TRUE BILL. FOREPERSON.'

# Small enough to read: two kinds, four records each.
write_index() {
	local word
	for word in copper wheat silver oil; do
		jq -cn --arg t "For immediate release: the agency announced charges, $word" '{label: "release", text: $t}'
		jq -cn --arg t "Before the agency: order making findings, $word" '{label: "order", text: $t}'
	done >index.jsonl
}

@test "a record comes back with type and matters, everything else as it was" {
	record one "$indictment" | jq -c '. + {source: "a/b.txt", pages: [0]}' >in.jsonl
	run --separate-stderr -0 "$classify" in.jsonl
	[ "$(jq -r .classification.doc_type.value <<<"$output")" = indictment ]
	jq -e '.classification.doc_type.probability > 0.5 and .classification.doc_type.probability <= 1' <<<"$output"
	jq -e '.classification.matters | map(.value) | index("anti_corruption") != null' <<<"$output"
	jq -e '.classification.doc_type.words | length > 0 and all(.words | type == "string")' <<<"$output"
	jq -e '.classification.model | test("^doc_type@[0-9a-f]{8}$")' <<<"$output"
	[ "$(jq -cS 'del(.classification)' <<<"$output")" = "$(jq -cS . in.jsonl)" ]
}

@test "tasks restrict the work, and two halves make the whole" {
	record one "$indictment" >in.jsonl
	run --separate-stderr -0 "$classify" <<<"$(jq -c '.tasks = ["matters"]' in.jsonl)"
	jq -e '(.classification | has("doc_type") | not) and (.classification.matters | length > 0)' <<<"$output"
	jq -e 'has("tasks") | not' <<<"$output"
	jq -c '.tasks = ["doc_type"]' in.jsonl | "$classify" | jq -c '.tasks = ["matters"]' | "$classify" >halves.jsonl
	"$classify" <in.jsonl >whole.jsonl
	[ "$(jq -S . halves.jsonl)" = "$(jq -S . whole.jsonl)" ]
}

@test "what is no decision is unknown, with a guess" {
	record soup "Chop the onions, fry them in butter, add the stock and simmer for half an hour." >in.jsonl
	record nothing "" >>in.jsonl
	run --separate-stderr -0 "$classify" in.jsonl
	[ "$(jq -r .classification.doc_type.value <<<"$output" | sort -u)" = unknown ]
	jq -e '.classification.doc_type.guess | type == "string"' <<<"$output"
}

types_of() { # FILE: what each record of it is, a word for each
	"$classify" "$1" | jq -r .classification.doc_type.value | tr '\n' ' '
}

@test "an error page is no document; an exhibit, guidance and a speech are documents of another kind" {
	record page "HTTP 404. The page you requested was not found on this server. Please check the address or go back to the home page." >in.jsonl
	record cookies "Before you continue, please accept cookies and enable JavaScript in your browser, then reload this page." >>in.jsonl
	record introuvable "Erreur 404 : la page demandée est introuvable. Veuillez retourner à l'accueil ou utiliser la recherche." >>in.jsonl
	[ "$(types_of in.jsonl)" = "not_a_document not_a_document not_a_document " ]
	record guidance "Staff Guidance: how staff evaluate cooperation. These questions and answers are guidance for staff only and do not
bind the agency. What will staff consider? What are the factors? Frequently asked questions follow." >in.jsonl
	record speech "Remarks at the annual conference. Thank you for your kind introduction and good morning. The views I express today are my
own and not those of the agency. Thank you for your attention; I look forward to your questions." >>in.jsonl
	record exhibit "Exhibit B. Quotations from electronic messages of traders. Trader 1: can you keep it low today please? Submitter: sure, done.
Trader 2: thanks mate, you are a star." >>in.jsonl
	[ "$(types_of in.jsonl)" = "other other other " ]
}

@test "every answer names words that decided, the type's and each matter's" {
	record one "$indictment" >in.jsonl
	run --separate-stderr -0 "$classify" in.jsonl
	jq -e '.classification | [.doc_type, .matters[]] | all(.words | length > 0 and all(.weight > 0 and (.words | length > 0)))' \
		<<<"$output"
	jq -e '.classification.doc_type.words | map(.words) | index("jury charges") != null' <<<"$output"
}

@test "no bytes, any bytes and five megabytes are answered, and what comes late changes nothing" {
	head -c 5000000 /dev/zero | tr '\0' 'x' >long
	printf '%s\n' "$indictment" >short
	for i in 1 2 3 4; do cat short short >twice && mv twice short; done
	{ cat short && head -c 5000000 /dev/zero | tr '\0' ' ' && cat long; } >padded
	jq -cR --slurp '{id: "long", text: .}' long >in.jsonl
	jq -cR --slurp '{id: "padded", text: .}' padded >>in.jsonl
	jq -cn '{id: "controls", text: ([range(0; 32)] + [127, 65533, 128512] | implode)}' >>in.jsonl
	record nothing "" >>in.jsonl
	run --separate-stderr -0 "$classify" in.jsonl
	[ "$(jq -r '[.id, .classification.doc_type.value] | join(" ")' <<<"$output" | tr '\n' ',')" = \
		"long unknown,padded indictment,controls unknown,nothing unknown," ]
}

@test "a bad record fails alone, in its place" {
	{
		record one "$indictment"
		echo '{"id": "no text"}'
		echo '{"id": "bad tasks", "text": "x", "tasks": ["dates"]}'
		echo '{"id": "passed on", "error": {"title": "unreadable"}}'
		record five "$indictment"
	} >in.jsonl
	run --separate-stderr -1 "$classify" -j 2 in.jsonl
	[ "$(jq -c '[.id, has("error"), has("classification")]' <<<"$output" | tr '\n' ' ')" = \
		'["one",false,true] ["no text",true,false] ["bad tasks",true,false] ["passed on",true,false] ["five",false,true] ' ]
	[ "$(sed -n 4p <<<"$output" | jq -cS .)" = "$(sed -n 4p in.jsonl | jq -cS .)" ]
}

@test "threads change neither order nor content" {
	for i in $(seq 60); do
		record "$i" "$indictment Count $i."
	done >in.jsonl
	"$classify" -j 1 in.jsonl >one.jsonl
	"$classify" -j 4 in.jsonl >four.jsonl
	cmp one.jsonl four.jsonl
	[ "$(wc -l <four.jsonl)" -eq 60 ]
}

@test "a model that is none is refused before any record is read" {
	head -c 2000 "$classify" >garbage.model
	: >empty.model
	for model in garbage.model empty.model; do
		run --separate-stderr -2 "$classify" --model "$model" <<<"$(record one x)"
		[ -z "$output" ]
		[[ $stderr == *"$model is not a usable model"* ]]
	done
	run --separate-stderr -4 "$classify" --model missing.model <<<"$(record one x)"
	[[ $stderr == *missing.model* ]]
	CLASSIFY_MODEL=garbage.model run --separate-stderr -2 "$classify" <<<"$(record one x)"
}

@test "train makes a model that classify and evaluate use, the same each time" {
	write_index
	run --separate-stderr -0 "$classify" train --labels index.jsonl --label-member label --output kinds.model --json
	jq -e '.examples == 8 and .labels == 2 and .folds.documents == 8 and (.training | test("^[0-9a-f]{16}$"))' <<<"$output"
	jq -e '.telling.release | length > 0 and all(.from | IN("body", "head", "cue"))' <<<"$output"
	"$classify" train --labels - --label-member label --output again.model <index.jsonl
	cmp kinds.model again.model
	run --separate-stderr -0 "$classify" --model kinds.model --threshold 0 \
		<<<"$(record new "Before the agency: order making findings, tin")"
	[ "$(jq -r .classification.doc_type.value <<<"$output")" = order ]
	run --separate-stderr -0 "$classify" evaluate --labels index.jsonl --label-member label --model kinds.model --json
	jq -e '.documents == 8 and (.labels | keys == ["order", "release"])' <<<"$output"
	[ "$(ls ./*.new 2>/dev/null | wc -l)" -eq 0 ]
}

@test "train reads texts from a folder, leaves other splits out, and stays inside the folder" {
	mkdir -p texts
	for i in 1 2 3 4; do
		echo "For immediate release: charges announced, part $i" >"texts/r$i.txt"
		echo "Before the agency: order making findings, part $i" >"texts/o$i.txt"
		jq -cn --arg i "$i" '{file: "decisions/r\($i).txt", doc_type: "release", split: "train", case_group: $i}'
		jq -cn --arg i "$i" '{file: "decisions/o\($i).txt", doc_type: "order", split: "train", case_group: $i}'
	done >index.jsonl
	echo '{"file": "gone.txt", "doc_type": "x", "split": "dev"}' >>index.jsonl
	run --separate-stderr -0 "$classify" train --labels index.jsonl --texts texts --split train --output m.model --json
	jq -e '.examples == 8 and .labels == 2' <<<"$output"
	echo '{"file": "../index.jsonl", "doc_type": "x", "split": "train"}' >>index.jsonl
	run --separate-stderr -2 "$classify" train --labels index.jsonl --texts texts --split train --output m.model
	[[ $stderr == *"index.jsonl, line 10:"* ]]
}

@test "train and evaluate tell people which label was taken for which and draw whether probabilities hold" {
	write_index
	run --separate-stderr -0 "$classify" train --labels index.jsonl --label-member label --output k.model --report folds.svg
	[[ $output == *"is \\ said"*"none of them"*"probability"*"words that told most"*"release: "*"training "* ]]
	run --separate-stderr -0 "$classify" evaluate --labels index.jsonl --label-member label --model k.model --report own.svg
	[[ $output == *"8 documents, accuracy"*"calibration error"* ]]
	for picture in folds.svg own.svg; do
		python3 -c 'import sys, xml.dom.minidom as m; sys.exit(m.parse(sys.argv[1]).documentElement.tagName != "svg")' "$picture"
	done
	run --separate-stderr -3 "$classify" evaluate --labels index.jsonl --label-member label --model k.model \
		--report /proc/nonexistent/x.svg
	[[ $stderr == *"/proc/nonexistent/x.svg"* ]]
}

@test "words around a cue tell labels apart that share all their words" {
	{
		for who in ada ben cy dee eve flo gus hal; do
			jq -cn --arg w "$who" '{label: "told", text: "the jury charges and the court hears \($w)", group: $w}'
			jq -cn --arg w "$who" '{label: "heard", text: "the court charges and the jury hears \($w)", group: $w}'
		done
	} >index.jsonl
	printf 'task: label\ncues: [charges]\n' >rules.yaml
	"$classify" train --labels index.jsonl --label-member label --group-member group --rules rules.yaml --head-weight 0 \
		--output with.model --json >with.json
	printf 'task: label\n' >rules.yaml
	"$classify" train --labels index.jsonl --label-member label --group-member group --rules rules.yaml --head-weight 0 \
		--output without.model --json >without.json
	jq -e '.folds.accuracy == 1' with.json
	jq -e '.folds.accuracy < 1' without.json
	jq -e '.telling.told | map(.words) | index("jury charges") != null' with.json
}

@test "an installed classify finds its models" {
	mkdir -p prefix/bin prefix/share/lexflow
	cp "$classify" prefix/bin/
	run --separate-stderr -4 prefix/bin/classify <<<"$(record one "$indictment")"
	[[ $stderr == *decision_types.model* ]]
	cp "$BATS_TEST_DIRNAME"/../../steps/classify/*.model prefix/share/lexflow/
	run --separate-stderr -0 prefix/bin/classify <<<"$(record one "$indictment")"
	[ "$(jq -r .classification.doc_type.value <<<"$output")" = indictment ]
}
