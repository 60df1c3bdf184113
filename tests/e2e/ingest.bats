# ingest as a program: operands, requests, pages, failures in their place, the service.

bats_require_minimum_version 1.5.0

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	export LEXFLOW_LOG=json
	unset DOCUMENT_STORE INGEST_ROOT INGEST_MAX_BYTES
	ingest="$(realpath "${LEXFLOW_BIN:-build/bin}")/ingest"
	mkdir "$BATS_TEST_TMPDIR/in"
	cd "$BATS_TEST_TMPDIR/in"
	pids=()
}

teardown() {
	local pid
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# Three documents of three formats, of which the second has two pages.
documents() {
	printf 'Release Number 1\n\nRegulator Fines Acme Grain for Late Reports\n\nThe regulator today fined Acme Grain for the late reports of its positions and ordered it to pay.\n' >a.txt
	printf 'La commission des sanctions prononce une amende.\fElle est publiée sur le site de la commission.' >b.txt
	printf '<!doctype html><title>Final Order</title><nav>Home</nav><p>The fine is &euro;5 and it is due at once.</p>' >c.html
}

# The stored text of the record on stdin.
text() {
	local uri
	uri=$(jq -r .text_uri)
	cat "${uri#file://}"
}

serve() {
	local log="$BATS_TEST_TMPDIR/serve.log"
	"$ingest" --serve --port 0 "$@" 2>"$log" 3>&- &
	pid=$!
	pids+=("$pid")
	for _ in $(seq 1200); do
		port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -n 1)
		[ -n "$port" ] && curl -sf "http://127.0.0.1:$port/healthz" >/dev/null && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	cat "$log" >&2
	return 1
}

post() {
	curl -s -H 'Content-Type: application/json' --data-binary "$1" "http://127.0.0.1:$port/"
}

@test "ingest: a folder becomes one record for each file, in the order of paths" {
	documents
	run --separate-stderr "$ingest" .
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -r '[.source, .media_type, .language, .title] | join("|")' <<<"${lines[0]}")" = \
		"./a.txt|text/plain|en|Regulator Fines Acme Grain for Late Reports" ]
	[ "$(jq -c .pages <<<"${lines[1]}")" = "[0,49]" ]
	[ "$(jq -r .language <<<"${lines[1]}")" = fr ]
	[ "$(jq -r .title <<<"${lines[2]}")" = "Final Order" ]
	[ "$(text <<<"${lines[2]}")" = "The fine is €5 and it is due at once." ]
}

@test "ingest: the record names the file by its hash, and the text is the file" {
	documents
	run --separate-stderr "$ingest" a.txt
	[ "$status" -eq 0 ]
	[ "$(jq -r .sha256 <<<"$output")" = "$(sha256sum <a.txt | cut -d' ' -f1)" ]
	[ "$(jq -r .id <<<"$output")" = "$(sha256sum <a.txt | cut -c1-32)" ]
	cmp a.txt <(text <<<"$output")
}

@test "ingest: files, folders and globs are operands together" {
	documents
	mkdir more
	cp a.txt more/d.txt
	run --separate-stderr "$ingest" 'b.*' more a.txt
	[ "$status" -eq 0 ]
	[ "$(jq -r .source <<<"$output" | paste -sd' ')" = "b.txt more/d.txt a.txt" ]
}

@test "ingest: what fails comes in its place, the rest goes on, and the status says so" {
	documents
	: >aa.txt
	run --separate-stderr "$ingest" a.txt none.txt aa.txt b.txt
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 4 ]
	[ "$(jq -r '[.source, .error.status] | join(" ")' <<<"${lines[1]}")" = "none.txt 404" ]
	[ "$(jq -r '[.source, .error.status, .error.detail] | join(" ")' <<<"${lines[2]}")" = "aa.txt 422 the file is empty" ]
	[ "$(jq -r .source <<<"${lines[3]}")" = b.txt ]
}

@test "ingest: binary garbage, broken PDF and DOCX, other formats and error answers are refused with a reason" {
	head -c 20000 /dev/zero | tr '\0' '\001' >garbage
	printf '%%PDF-1.7\nnothing follows\n' >broken.pdf
	printf 'PK\003\004 word/document.xml and no more' >broken.docx
	printf '\320\317\021\340\241\261\032\341 an old word processor' >old.doc
	printf "<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>" >answer.txt
	run --separate-stderr "$ingest" garbage broken.pdf broken.docx old.doc answer.txt
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 5 ]
	[ "$(jq -r .error.status <<<"$output" | sort -u)" = 422 ]
	[[ "$(jq -r .error.detail <<<"${lines[0]}")" == *"not read"* ]]
	[[ "$(jq -r .error.detail <<<"${lines[1]}")" == *"PDF is damaged"* ]]
	[[ "$(jq -r .error.detail <<<"${lines[2]}")" == *"damaged DOCX"* ]]
	[[ "$(jq -r .error.detail <<<"${lines[3]}")" == *"not read"* ]]
	[[ "$(jq -r .error.detail <<<"${lines[4]}")" == *"error answer"* ]]
}

@test "ingest: charsets are told apart, and double encoding is undone" {
	printf 'La soci\351t\351 est condamn\351e \340 payer une amende de dix \200 pour les faits' >latin.txt
	printf '\357\273\277order' >mark.txt
	printf 'the bank\303\242\342\202\254\342\204\242s order' >twice.txt
	run --separate-stderr "$ingest" latin.txt mark.txt twice.txt
	[ "$status" -eq 0 ]
	[ "$(text <<<"${lines[0]}")" = "La société est condamnée à payer une amende de dix € pour les faits" ]
	[ "$(text <<<"${lines[1]}")" = order ]
	[ "$(text <<<"${lines[2]}")" = "the bank’s order" ]
}

@test "ingest: the same content is stored once" {
	documents
	cp a.txt copy.txt
	run --separate-stderr "$ingest" a.txt copy.txt a.txt
	[ "$status" -eq 0 ]
	[ "$(jq -r .text_uri <<<"$output" | sort -u | wc -l)" -eq 1 ]
	[ "$(find "$XDG_STATE_HOME/lexflow/documents" -type f | wc -l)" -eq 1 ]
}

@test "ingest: the document store is where DOCUMENT_STORE says, and a bucket is refused" {
	documents
	DOCUMENT_STORE="$BATS_TEST_TMPDIR/docs" run --separate-stderr "$ingest" a.txt
	[ "$status" -eq 0 ]
	[[ "$(jq -r .text_uri <<<"$output")" == "file://$BATS_TEST_TMPDIR/docs/"* ]]
	DOCUMENT_STORE=gs://bucket/prefix run --separate-stderr "$ingest" a.txt
	[ "$status" -ne 0 ]
	[[ "$stderr" == *"gs://bucket/prefix"* ]]
}

@test "ingest: a request on stdin is answered page by page until there is no more" {
	documents
	run --separate-stderr "$ingest" <<<'{"source": ".", "page_size": 1}'
	[ "$status" -eq 0 ]
	[ "$(jq -r .source <<<"$output" | paste -sd' ')" = "./a.txt ./b.txt ./c.html" ]
}

@test "ingest: a service gives a page, its failures and the token of the next" {
	documents
	: >aa.txt
	serve
	first=$(post '{"source": ".", "page_size": 2}')
	[ "$(jq -r '[.documents[].source] | join(" ")' <<<"$first")" = ./a.txt ]
	[ "$(jq -r '[.failures[] | .source, .error.status] | join(" ")' <<<"$first")" = "./aa.txt 422" ]
	printf 'new' >aaa.txt # behind the page: the next one has it
	printf 'new' >0.txt   # before it: shifts nothing
	second=$(post "{\"source\": \".\", \"page_size\": 2, \"page_token\": \"$(jq -r .next_page_token <<<"$first")\"}")
	[ "$(jq -r '[.documents[].source] | join(" ")' <<<"$second")" = "./aaa.txt ./b.txt" ]
	third=$(post "{\"source\": \".\", \"page_token\": \"$(jq -r .next_page_token <<<"$second")\"}")
	[ "$(jq -c '[[.documents[].source], .next_page_token]' <<<"$third")" = '[["./c.html"],null]' ]
}

@test "ingest: a service answers 404 for a missing source and 422 for a wrong request" {
	serve
	[ "$(post '{"source": "none"}' | jq .status)" -eq 404 ]
	[ "$(post '{"source": "*.pdf"}' | jq .status)" -eq 404 ]
	[ "$(post '{}' | jq .status)" -eq 422 ]
	[ "$(post '{"source": ".", "page_size": 0}' | jq .status)" -eq 422 ]
	[ "$(post '{"source": "https://example.org/x"}' | jq .status)" -eq 422 ]
}

@test "ingest: with --root nothing outside is read" {
	documents
	mkdir root
	cp a.txt root
	ln -s ../b.txt root/link.txt
	serve --root root
	[ "$(post '{"source": "root"}' | jq '[(.documents | length), (.failures | length)] | add')" -eq 2 ]
	[ "$(post '{"source": "root"}' | jq -r '.failures[0].source')" = root/link.txt ]
	[ "$(post '{"source": "b.txt"}' | jq .status)" -eq 422 ]
	[ "$(post '{"source": "root/../b.txt"}' | jq .status)" -eq 422 ]
}

@test "ingest: a parser's child that is killed costs nothing" {
	documents
	serve
	[ "$(post '{"source": "c.html"}' | jq '.documents | length')" -eq 1 ]
	child=$(cat "/proc/$pid/task/"*/children | tr -d ' ')
	[ -n "$child" ]
	kill -KILL "$child"
	[ "$(post '{"source": "c.html"}' | jq '.documents | length')" -eq 1 ]
	curl -sf "http://127.0.0.1:$port/healthz" >/dev/null
}

@test "ingest: no child outlives the service" {
	documents
	serve
	[ "$(post '{"source": "c.html"}' | jq '.documents | length')" -eq 1 ]
	child=$(cat "/proc/$pid/task/"*/children | tr -d ' ')
	kill -KILL "$pid"
	wait "$pid" || true
	for _ in $(seq 1200); do
		[ -d "/proc/$child" ] || return 0
		sleep 0.05
	done
	return 1
}

@test "ingest: a name that is not UTF-8 is read, told as a URI, and can be asked for by it" {
	for byte in 251 252 377; do
		printf 'The regulator today fined Acme Grain for report %s.\n' $byte >"$(printf "order\\$byte.txt")"
	done
	run --separate-stderr "$ingest" .
	[ "$status" -eq 0 ] || { echo "$output" "$stderr"; return 1; }
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -r .source <<<"${lines[0]}")" = "file://$(pwd)/./order%A9.txt" ]
	jq -c '{source}' <<<"$output" | "$ingest" 2>/dev/null >../again
	[ "$(jq -r .id ../again)" = "$(jq -r .id <<<"$output")" ]

	serve
	ids=()
	token=
	for _ in 1 2 3; do
		page=$(post "{\"source\": \".\", \"page_size\": 1, \"page_token\": \"$token\"}")
		ids+=("$(jq -r '.documents[].id' <<<"$page")")
		token=$(jq -r '.next_page_token // empty' <<<"$page")
	done
	[ -z "$token" ]
	[ "$(printf '%s\n' "${ids[@]}")" = "$(jq -r .id ../again)" ]
}

@test "ingest: a link to nothing is a failure in its place, a NUL in a source is refused" {
	documents
	ln -s nowhere b.lnk
	run -1 --separate-stderr "$ingest" .
	[ "${#lines[@]}" -eq 4 ]
	jq -e '.source == "./b.lnk" and .error.status == 404' <<<"${lines[1]}"
	run -1 --separate-stderr "$ingest" - <<<'{"source": "a.txt\u0000.html"}'
	jq -e '.error.detail | contains("NUL")' <<<"$output"
}

@test "ingest: INGEST_ROOT holds under lexflow run as well" {
	documents
	mkdir ../root
	run -1 env INGEST_ROOT="$BATS_TEST_TMPDIR/root" "${ingest%/*}/lexflow" run \
		"$BATS_TEST_DIRNAME/../../workflow.yaml" --data "{\"source\": \"$PWD\"}"
	[[ $output == *"is outside $BATS_TEST_TMPDIR/root"* ]]
}
