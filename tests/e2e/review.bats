# The loop of review: extract, store, review, correct, extract again, store again, train.

bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" LEXFLOW_LOG=json
	unset DOCUMENT_STORE STORE_DATABASE STORE_SINK EXTRACT_MODELS
	bin=$(realpath "${LEXFLOW_BIN:-build/bin}")
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir models models2
	export STORE_DATABASE="$BATS_TEST_TMPDIR/decisions.db"
	# Two models: the second finds what the first overlooked, and the wrong sum again.
	cat >models/notice.yaml <<-'END'
		model: notice
		version: 1
		tables:
		  kind:
		    - {value: fine, when: '(?i)fine'}
		fields:
		  doc_date:
		    take: one
		    rules:
		      - {name: dated, find: 'dated (?P<d>\w+ \d+, \d+)', give: {value: $d | date}, confidence: 0.9}
		  money:
		    unique: [kind, amount]
		    rules:
		      - {name: sum, find: '(?P<s>\$[\d,]+) fine', give: {kind: fine, amount: $s | amount}, confidence: 0.4}
		  parties:
		    rules:
		      - {name: against, find: 'against (?P<n>[A-Z]\w+ \w+)', give: {name: $n}, confidence: 0.5}
	END
	sed 's/version: 1/version: 2/; s/\[A-Z\]\\w+ \\w+/[A-Z]\\w+ [A-Z]\\w+/' models/notice.yaml >models2/notice.yaml
	cp models/notice.yaml models/default.yaml
	cp models2/notice.yaml models2/default.yaml
	text='Order against Marsh Fox of Hill, dated March 4, 2031: a $1,000 fine, not the $25 fine of last year.'
	command jq -nc --arg text "$text" '{id: "r1", source: "r1.txt", title: "Order", text: $text,
		classification: {doc_type: {value: "notice", probability: 0.55}}}' >record
}

store() { "$bin/store" "$@" 2>/dev/null; }
extracted() { "$bin/extract" --models "$1" record; }

@test "what was corrected stays, is marked, and is found, whatever is extracted later" {
	extracted models | store
	"$bin/extract" review --database decisions.db --context 10 >todo 2>said
	[ "$(cat said)" = "4 values to look at" ]
	jq -se 'map(select(.field == "money" and .value.amount == "25"))[0] | .document == "r1" and .quote == "$25 fine"
		and .context == ", not the $25 fine of last y" and .confidence == 0.4 and .value == {kind: "fine", amount: "25"}' todo
	jq -se 'map(select(.field == "doc_type"))[0] | .value == {value: "notice"} and .confidence == 0.55' todo
	# a person: one sum is none, the other right, the name is wrong, the type is another
	jq -c 'if .field == "money" then .correct = (.value.amount != "25")
		elif .field == "parties" then .correct = {name: "Marsh Fox of Hill Ltd"} else .correct = "penalty_notice" end' todo >done
	run -0 --separate-stderr "$bin/store" correct --by ann done
	[ "$stderr" = "4 corrections in 1 document" ]
	jq -e '.id == "r1" and .extraction.reviewed == ["money", "parties"]' <<<"$output"
	for models in models models2 models; do
		extracted $models | store
		store show r1 >shown
		jq -e '[.extraction.fields.money[] | [.amount, .reviewed, .confidence]] == [["1000", true, 1]]' shown
		jq -e '[.extraction.fields.parties[] | [.name, .reviewed]] == [["Marsh Fox of Hill Ltd", true]]' shown
		jq -e '.extraction.fields.doc_date | .value == "2031-03-04" and has("reviewed") == false' shown
		jq -e '.classification.doc_type | .value == "penalty_notice" and .reviewed and .probability == 1' shown
	done
	store list --format json >listed
	jq -e '.type == "penalty_notice" and .parties == "Marsh Fox of Hill Ltd"' listed
	store search 'Hill Ltd' --format json >found
	jq -e '.id == "r1"' found
	[ "$(sqlite3 decisions.db "SELECT reviewed FROM money UNION ALL SELECT reviewed FROM parties" | tr '\n' ' ')" = "1 1 " ]
	[ "$(sqlite3 decisions.db "SELECT DISTINCT reviewer FROM corrections")" = ann ]
	run -0 --separate-stderr "$bin/extract" review --database decisions.db
	[ "$stderr" = "0 values to look at" ]
}

@test "review reads records too, and what is sure or reviewed is not listed" {
	extracted models | "$bin/extract" review --below 0.45 >todo 2>/dev/null
	[ "$(jq -r .field todo | sort -u)" = money ]
	[ "$(extracted models | "$bin/extract" review --field parties --limit 1 2>/dev/null | jq -r .value.name)" = "Marsh Fox" ]
	run -2 "$bin/extract" review --below much </dev/null
	run -4 "$bin/extract" review --database nothing.db
	run -4 "$bin/extract" review /proc/nonexistent
	sqlite3 other.db 'CREATE TABLE t(x)'
	run -2 "$bin/extract" review --database other.db
	[[ "$output" == *"no database of decisions"* ]]
}

@test "corrections are all kept or none, and a bad line is told by its place" {
	extracted models | store
	printf '%s\n' '{"document":"r1","field":"doc_date","correct":{"value":"2031-03-05"}}' \
		'{"document":"r1","field":"colour","correct":"blue"}' >bad
	run -2 --separate-stderr "$bin/store" correct bad
	[[ "$stderr" == *'bad:2: field "colour": the document has no such field'* ]]
	jq -e '.extraction.fields.doc_date.value == "2031-03-04"' <<<"$(store show r1)"
	run -4 "$bin/store" correct <<<'{"id":"gone","doc_type":"other"}'
	run -2 "$bin/store" correct <<<'{"doc_type":"other"}'
	run -2 "$bin/store" correct <<<'no json'
	[ "$(sqlite3 decisions.db 'SELECT count(*) FROM corrections')" = 0 ]
}

@test "an annotated record corrects whole fields, and comes out as one to train on" {
	extracted models | store
	command jq -nc '{id: "r1", doc_type: "penalty_notice", authorities: ["FTC"], admission: null, matters: ["tax"],
		money: [{kind: "fine", amount: "1000", currency: "USD", quote: "$1,000 fine"}]}' | "$bin/store" correct >/dev/null 2>&1
	extracted models2 | store
	"$bin/store" reviewed >reviewed
	jq -e --arg text "$text" '.id == "r1" and .doc_type == "penalty_notice" and .authorities == ["FTC"] and .matters == ["tax"]
		and .admission == null and (has("parties") | not) and .text == $text
		and .money == [{kind: "fine", amount: "1000", currency: "USD", quote: "$1,000 fine"}]' reviewed
}

@test "classify learns from what was corrected" {
	for i in $(seq 12); do
		kind=$([ $((i % 2)) = 0 ] && echo apples || echo pears)
		command jq -nc --arg id "d$i" --arg text "note $i about $kind and $kind and the market" \
			'{id: $id, source: $id, text: $text, classification: {doc_type: {value: "unknown", probability: 0.1}}}'
	done | store
	for i in $(seq 12); do
		command jq -nc --arg id "d$i" --arg type "$([ $((i % 2)) = 0 ] && echo apple_note || echo pear_note)" '{id: $id, doc_type: $type}'
	done | "$bin/store" correct >/dev/null 2>&1
	"$bin/store" reviewed | "$bin/classify" train --labels - --output my.model >/dev/null 2>&1
	command jq -nc '{id: "x", text: "a note about apples and the market"}' | "$bin/classify" --model my.model --threshold 0 >out
	jq -e '.classification.doc_type.value == "apple_note"' out
}

@test "extract learns from what was corrected" {
	extracted models >records
	store <records
	"$bin/extract" review --database decisions.db --field money 2>/dev/null |
		command jq -c '.correct = (.value.amount != "25")' | "$bin/store" correct >/dev/null 2>&1
	"$bin/store" reviewed >reviewed
	"$bin/extract" train --models models --gold reviewed --output counts records 2>/dev/null
	[ "$(grep -c '^[^#]' counts)" = 1 ] # the money alone was looked at
	[ "$(grep '^money' counts | tr '\t' ' ')" = "money sum 1 1" ]
}

@test "a sink that keeps no corrections gets records with them in" {
	cat >sink.py <<-'END'
		import http.server, os, sys
		class Sink(http.server.BaseHTTPRequestHandler):
		    def log_message(self, *_): pass
		    def do_POST(self):
		        with open("received", "ab") as out:
		            out.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
		        self.send_response(200)
		        self.send_header("Content-Length", "0")
		        self.end_headers()
		server = http.server.HTTPServer(("127.0.0.1", 0), Sink)
		with open("port.new", "w") as out: out.write(str(server.server_port))
		os.rename("port.new", "port")
		server.serve_forever()
	END
	timeout 120 python3 sink.py 3>&- &
	sink=$!
	for _ in $(seq 600); do [ -s port ] && break; sleep 0.1; done
	url="http://127.0.0.1:$(cat port)/in"
	extracted models | store
	"$bin/store" correct <<<'{"id":"r1","parties":[{"name":"Marsh Fox Ltd"}]}' 2>/dev/null | store --sink "$url"
	extracted models2 | store --sink "$url" --sink "sqlite:$STORE_DATABASE"
	kill "$sink"
	wait "$sink" || true
	jq -se 'length == 2 and all(.extraction.fields.parties == [{name: "Marsh Fox Ltd", confidence: 1, reviewed: true}])' received
}

@test "a database of an earlier schema gets the tables for corrections and keeps its rows" {
	extracted models | store
	sqlite3 decisions.db "DROP TABLE corrections; ALTER TABLE parties DROP COLUMN reviewed; ALTER TABLE money DROP COLUMN reviewed;
		ALTER TABLE legal_basis DROP COLUMN reviewed; ALTER TABLE measures DROP COLUMN reviewed; PRAGMA user_version = 1"
	"$bin/store" correct <<<'{"id":"r1","parties":[{"name":"Marsh Fox Ltd"}]}' >/dev/null 2>&1
	jq -e '.extraction.fields.parties[0].name == "Marsh Fox Ltd"' <<<"$(store show r1)"
	[ "$(sqlite3 decisions.db 'SELECT count(*) FROM money')" = 2 ]
}
