# ingest on the cases of the development corpus: what cases.jsonl expects of each. Skipped where it is not.

bats_require_minimum_version 1.5.0

setup_file() {
	export CORPUS="${LEXFLOW_CORPUS:-$(realpath "$BATS_TEST_DIRNAME/../..")/../shared/corpus}"
	[ -d "$CORPUS/ingest" ] || return 0
	export XDG_STATE_HOME="$BATS_FILE_TMPDIR/state"
	export RECORDS="$BATS_FILE_TMPDIR/records.jsonl"
	unset DOCUMENT_STORE INGEST_ROOT INGEST_MAX_BYTES
	jq -r .file "$CORPUS/ingest/cases.jsonl" | sed "s|^|$CORPUS/ingest/|" |
		xargs -d '\n' "$(realpath "${LEXFLOW_BIN:-build/bin}")/ingest" >"$RECORDS" 2>"$BATS_FILE_TMPDIR/log" || true
}

setup() {
	[ -d "$CORPUS/ingest" ] || skip "no development corpus"
	cases="$CORPUS/ingest/cases.jsonl"
}

# The record of a case, and its text.
record() {
	jq -c --arg source "$CORPUS/ingest/$1" 'select(.source == $source)' "$RECORDS"
}

text() {
	local uri
	uri=$(record "$1" | jq -r .text_uri)
	cat "${uri#file://}"
}

# Letters and digits only: what is left when lay-out is no matter.
squeeze() {
	tr -cd '[:alnum:]'
}

@test "ingest corpus: every case has one line" {
	[ "$(wc -l <"$RECORDS")" -eq "$(wc -l <"$cases")" ]
}

@test "ingest corpus: what must be refused is, and only that" {
	# DOC and WPD are refused by name; scans and the stamped page need character recognition.
	expected=$(jq -r 'select((.kind | IN("doc", "wpd", "not-a-document", "pdf-scan-no-text-layer", "pdf-mixed"))) | .file' \
		"$cases" | sort)
	[ "$(jq -r 'select(.error) | .source' "$RECORDS" | sed "s|^$CORPUS/ingest/||" | sort)" = "$expected" ]
	[ "$(jq -r 'select(.error) | .error.status' "$RECORDS" | sort -u)" = 422 ]
}

@test "ingest corpus: double-encoded texts become the repaired ones" {
	while read -r file document; do
		cmp <(text "$file") "$CORPUS/decisions/$document.txt"
	done < <(jq -r 'select(.expected.repaired_text_doc?) | [.file, .expected.repaired_text_doc] | join(" ")' "$cases")
}

@test "ingest corpus: the pages of a PDF are counted" {
	while read -r file pages; do
		[ "$(record "$file" | jq '.pages | length')" -eq "$pages" ]
	done < <(jq -r 'select(.kind == "pdf-native" or .kind == "pdf-bad-redaction") |
		[.file, .expected.pages_pdfinfo] | join(" ")' "$cases")
}

@test "ingest corpus: the letters of a PDF's text layer are all there" {
	while read -r file count; do
		# The count of the case is another program's, without blanks or with some.
		letters=$(text "$file" | tr -d ' \n\f\t' | wc -m)
		[ "$letters" -le "$((count * 21 / 20))" ]
		[ "$letters" -ge "$((count * 3 / 4))" ]
	done < <(jq -r 'select(.kind == "pdf-native") | [.file, .expected.text_layer_chars] | join(" ")' "$cases")
}

@test "ingest corpus: the title of a page is its title" {
	while IFS=$'\t' read -r file title; do
		[ "$(record "$file" | jq -r .title)" = "$title" ]
	done < <(jq -r 'select(.kind == "html") | [.file, .expected.title] | join("\t")' "$cases")
}

@test "ingest corpus: a release holds its headline once, and nothing of the site" {
	while IFS=$'\t' read -r file title; do
		[ "$(text "$file" | grep -cF "${title% | CFTC}")" -eq 1 ]
		! text "$file" | grep -qiE 'cookie|subscribe|privacy policy|site map'
	done < <(jq -r 'select(.kind == "html") | [.file, .expected.title] | join("\t")' "$cases")
}

@test "ingest corpus: every docket number of a court's list is in its text" {
	while read -r file expected; do
		text "$file" | squeeze >"$BATS_TEST_TMPDIR/squeezed"
		while IFS= read -r docket; do
			grep -qF "$(squeeze <<<"$docket")" "$BATS_TEST_TMPDIR/squeezed"
		done < <(jq -r '.[] | .docket_numbers // empty' "$CORPUS/ingest/$expected")
	done < <(jq -r 'select(.kind == "html-listing") | [.file, .expected] | join(" ")' "$cases")
}

@test "ingest corpus: a DOCX begins as it begins" {
	while IFS=$'\t' read -r file starts; do
		[[ "$(text "$file" | squeeze)" == "$(squeeze <<<"${starts%% Application*}")"* ]] ||
			text "$file" | squeeze | grep -qF "$(squeeze <<<"${starts#*, }")"
	done < <(jq -r 'select(.kind == "docx") | [.file, .expected.starts] | join("\t")' "$cases")
}

@test "ingest corpus: all decisions are read, byte for byte, each in its language" {
	"$(realpath "${LEXFLOW_BIN:-build/bin}")/ingest" "$CORPUS/decisions" >"$BATS_TEST_TMPDIR/all.jsonl" 2>/dev/null
	[ "$(wc -l <"$BATS_TEST_TMPDIR/all.jsonl")" -eq "$(wc -l <"$CORPUS/index.jsonl")" ]
	# The text's name is the hash of its content: the file's own hash when nothing was changed.
	[ -z "$(jq -r 'select((.text_uri | split("/") | last) != .sha256) | .source' "$BATS_TEST_TMPDIR/all.jsonl")" ]
	diff <(jq -r '[(.source | split("/") | last), .language] | join(" ")' "$BATS_TEST_TMPDIR/all.jsonl" | sort) \
		<(jq -r '[(.file | split("/") | last), .language] | join(" ")' "$CORPUS/index.jsonl" | sort)
}
