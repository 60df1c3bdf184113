#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # the $ in single quotes are the language's; $stderr is set by run
# lexflow check and lexflow help CODE: what an author, an editor and a code host read.
bats_require_minimum_version 1.5.0

setup() {
	root=$(realpath "$BATS_TEST_DIRNAME/../..")
	export PATH="${LEXFLOW_BIN:-$root/build/bin}:$PATH"
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	unset LEXFLOW_STATE NO_COLOR
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '%s\n' '- a:' '    assign: [{x: 1}]' '    next: stor' '- store:' '    return: ${"é" + y}' >bad.yaml
	printf '%s\n' '- a:' '    assign: [{x: 1}]' >warned.yaml
	printf '%s\n' '- a:' '    return: 1' >good.yaml
}

@test "text names file, line and column, marks the construct, gives a hint and counts" {
	run --separate-stderr lexflow check bad.yaml
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = 'bad.yaml:3:11: error: no step named "stor" in routine "main" [unknown-step]' ]
	[ "${stderr_lines[1]}" = '        next: stor' ]
	[ "${stderr_lines[2]}" = '              ^~~~' ]
	[ "${stderr_lines[3]}" = '  hint: did you mean "store"?' ]
	[[ "${stderr_lines[4]}" == 'bad.yaml:5:22: error: '*' [unknown-variable]' ]]
	[ "${stderr_lines[-1]}" = '2 errors, 0 warnings' ]
}

@test "an abbreviated argument is one mistake, and an unknown function is told what its module has" {
	printf '%s\n' '- a:' '    call: sys.sleep' '    args: {secs: 1}' '- b:' '    return: ${math.frobnicate(1)}' >names.yaml
	run --separate-stderr lexflow check names.yaml
	[ "$status" -eq 2 ]
	[[ "${stderr_lines[0]}" == 'names.yaml:3:12: error: '*' [unknown-argument]' ]]
	[ "${stderr_lines[3]}" = '  hint: did you mean "seconds"?' ]
	[[ "${stderr_lines[4]}" == 'names.yaml:5:15: error: '*' [unknown-function]' ]]
	[ "${stderr_lines[7]}" = '  hint: math has abs, floor, max, min' ]
	[ "${stderr_lines[-1]}" = '2 errors, 0 warnings' ]
}

@test "a definition without mistakes is passed over in silence" {
	run lexflow check good.yaml
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "warnings fail a check only when that is asked for" {
	run lexflow check warned.yaml
	[ "$status" -eq 0 ]
	[[ "$output" == 'warned.yaml:2:15: warning: variable "x" is never read [unused-variable]'* ]]
	run lexflow check --strict warned.yaml
	[ "$status" -eq 2 ]
	run lexflow check --strict good.yaml
	[ "$status" -eq 0 ]
}

@test "the worst of several files is the exit status, and all are told" {
	run lexflow check good.yaml warned.yaml bad.yaml
	[ "$status" -eq 2 ]
	[ "${lines[-1]}" = '2 errors, 1 warning' ]
	run lexflow check good.yaml missing.yaml
	[ "$status" -eq 4 ]
}

@test "a definition comes from stdin" {
	run lexflow check - <bad.yaml
	[ "$status" -eq 2 ]
	[[ "${lines[0]}" == '-:3:11: error: '* ]]
}

@test "json is a list with everything that the text says" {
	run --separate-stderr lexflow check --format json bad.yaml warned.yaml
	[ "$status" -eq 2 ]
	[ -z "$stderr" ]
	[ "$(jq length <<<"$output")" -eq 3 ]
	[ "$(jq -c '.[0] | [.file, .line, .column, .length, .severity, .code, .hint]' <<<"$output")" = \
		'["bad.yaml",3,11,4,"error","unknown-step","did you mean \"store\"?"]' ]
	[ "$(jq -c '[.[].severity]' <<<"$output")" = '["error","error","warning"]' ]
	[ "$(lexflow check --format json good.yaml | jq -c .)" = '[]' ]
}

@test "sarif holds what version 2.1.0 demands: tool, rules, results with level, message and region" {
	run --separate-stderr lexflow check --format sarif bad.yaml warned.yaml
	[ "$status" -eq 2 ]
	[ "$(jq -r .version <<<"$output")" = 2.1.0 ]
	[ "$(jq -r '.runs[0].tool.driver.name' <<<"$output")" = lexflow ]
	[ "$(jq '[.runs[0].tool.driver.rules[] | select((.id | type) != "string" or (.help.text | length) == 0)] | length' \
		<<<"$output")" -eq 0 ]
	[ "$(jq '.runs[0] | .tool.driver.rules as $rules | [.results[] | $rules[.ruleIndex].id == .ruleId] | all' \
		<<<"$output")" = true ]
	[ "$(jq -c '[.runs[0].results[].level]' <<<"$output")" = '["error","error","warning"]' ]
	# columns are code points there: y follows a letter of two bytes
	[ "$(jq -c '.runs[0].results[1].locations[0].physicalLocation | [.artifactLocation.uri, .region]' <<<"$output")" = \
		'["bad.yaml",{"endColumn":22,"startColumn":21,"startLine":5}]' ]
	[ "$(jq -r '.runs[0].columnKind' <<<"$output")" = unicodeCodePoints ]
	[ "$(lexflow check --format sarif good.yaml | jq -c '.runs[0].results')" = '[]' ]
}

@test "a path with odd letters is a URI in sarif" {
	cp bad.yaml 'a b#1.yaml'
	run --separate-stderr lexflow check --format sarif 'a b#1.yaml'
	[ "$(jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri' <<<"$output")" = \
		'a%20b%231.yaml' ]
}

@test "another format is refused" {
	run lexflow check --format xml good.yaml
	[ "$status" -eq 2 ]
	[[ "$output" == *'text, json or sarif'* ]]
}

@test "a hundred mistakes are shown, the rest is counted" {
	{
		echo '- a:'
		for i in $(seq 130); do printf '    bad%s: 1\n' "$i"; done
	} >many.yaml
	run lexflow check many.yaml
	[ "$status" -eq 2 ]
	[ "$(grep -c ': error: ' <<<"$output")" -eq 100 ]
	[[ "$output" == *'many.yaml: 30 more are not shown'* ]]
	[ "${lines[-1]}" = '130 errors, 0 warnings' ]
}

@test "no colour where no terminal is" {
	run lexflow check bad.yaml
	[[ "$output" != *$'\033'* ]]
}

@test "a run says that there are warnings, not which; quiet says nothing" {
	run --separate-stderr lexflow run warned.yaml
	[ "$status" -eq 0 ]
	[ "$output" = null ]
	[[ "$stderr" == *'warned.yaml: 1 warning, shown by: lexflow check warned.yaml'* ]]
	run --separate-stderr lexflow run --quiet warned.yaml
	[ "$status" -eq 0 ]
	[[ "$stderr" != *warning* ]]
}

@test "every code is explained with a wrong and a right definition" {
	run lexflow help unknown-step
	[ "$status" -eq 0 ]
	[[ "$output" == *Wrong:*'next: stor'*Right:*'next: store'*'section 2.10'* ]]
	for code in $(lexflow check --format sarif good.yaml | jq -r '.runs[0].tool.driver.rules[].id'); do
		lexflow help "$code" | grep -q "^$code ("
	done
}

@test "the definitions of this tree are free of warnings" {
	run lexflow check --strict "$root/workflow.yaml"
	echo "$output"
	[ "$status" -eq 0 ]
}
