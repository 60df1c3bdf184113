#!/usr/bin/env bats
# recognise.bats - extract recognise: the recognisers on the command line.

setup() {
	bin=${LEXFLOW_BIN:?}
}

@test "plain text gives a line for each finding, with its place in characters" {
	run "$bin/extract" recognise money --language fr <<<"Société X : 1 234 567,89 euros, puis deux millions d'euros."
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -r '.value.amount + " " + .value.currency' <<<"$output")" = "1234567.89 EUR
2000000 EUR" ]
	[ "$(jq -r '"\(.start) \(.end) \(.quote)"' <<<"${lines[0]}")" = "12 30 1 234 567,89 euros" ]
}

@test "with --lines each record gets what was found, in its own language" {
	printf '%s\n' '{"id": 1, "text": "$10.000"}' '{"id": 2, "language": "fr", "text": "10.000 $"}' '{"id": 3}' >"$BATS_TEST_TMPDIR/in"
	run "$bin/extract" recognise money --lines "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.id, [.found[].value.amount]]' <<<"$output")" = '[1,["10"]]
[2,["10000"]]
[3,[]]' ]
}

@test "every kind is there, and an unknown one is refused with the list" {
	[ "$("$bin/extract" recognise date <<<'on JUL 24 , 2020' | jq -r .value.date)" = 2020-07-24 ]
	[ "$("$bin/extract" recognise number <<<'forty-five (45) days' | jq -r .value.number)" = 45 ]
	[ "$("$bin/extract" recognise court <<<'the U.S. District Court for the District of Utah' | jq -r .value.court)" = utd ]
	[ "$("$bin/extract" recognise citation <<<'15 U.S.C. § 78j(b)' | jq -r '.value.volume + " " + .value.section')" = "15 78j" ]
	run "$bin/extract" recognise sum </dev/null
	[ "$status" -eq 2 ]
	[[ "$output" == *money*number*date*citation*court* ]]
}

@test "bytes that are no text, a line that is no JSON and a file that is not there" {
	printf '\377\376 $5 \302' >"$BATS_TEST_TMPDIR/bytes"
	[ "$("$bin/extract" recognise money "$BATS_TEST_TMPDIR/bytes" | jq -r .value.amount)" = 5 ]
	run "$bin/extract" recognise money --lines <<<'{"text": '
	[ "$status" -eq 1 ]
	run "$bin/extract" recognise money /proc/nonexistent/file
	[ "$status" -eq 4 ]
}

@test "the figures of the public suites, when those are at hand, are what they have to be" {
	run "$BATS_TEST_DIRNAME/../eval-recognisers" "$bin"
	[[ "$output" != *skipped* ]] || skip "$output"
	echo "$output"
	[ "$status" -eq 0 ]
}
