#!/usr/bin/env bats
# Looking inside: graph, eval, plan, help, completion, the manual page.

bats_require_minimum_version 1.5.0

setup() {
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE
	bin="${LEXFLOW_BIN:-$BATS_TEST_DIRNAME/../../build/bin}"
	PATH="$bin:$PATH"
	cd "$BATS_TEST_TMPDIR"
	cat >a.yaml <<-'END'
		main:
		  steps:
		    - init: {assign: [{n: 0}]}
		    - loop:
		        for:
		          value: i
		          in: [1, 2]
		          steps:
		            - add: {assign: [{n: "${n + i}"}]}
		    - guarded:
		        try: {steps: [{bad: {raise: oops}}]}
		        except: {as: e, steps: [{note: {assign: [{n: "${n + 10}"}]}}]}
		    - out: {return: "${n}"}
		    - never: {return: 0}
	END
}

# ---- graph

@test "graph prints an outline of a definition" {
	run lexflow graph a.yaml
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "main()" ]
	[[ "${lines[1]}" == "  init "*"assign n" ]]
	[[ "${lines[3]}" == "    add "*"assign n" ]]
}

@test "graph of a run shows what became of each step" {
	[ "$(lexflow run a.yaml --id one -q 2>/dev/null)" = 13 ]
	run lexflow graph one
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"add "*"succeeded, 2 visits"* ]]
	[[ "$output" == *"bad "*"failed"* ]]
	[[ "$output" == *"never "*"not reached"* ]]
	[ "$(lexflow graph last)" = "$output" ]
}

@test "graph is the same each time, in every form" {
	for format in text mermaid dot; do
		[ "$(lexflow graph a.yaml --format $format)" = "$(lexflow graph a.yaml --format $format)" ]
	done
	[ "$(lexflow graph a.yaml --format mermaid | head -n 1)" = "flowchart TD" ]
	[ "$(lexflow graph a.yaml --format dot | tail -n 1)" = "}" ]
}

@test "graph draws svg through graphviz, of hostile names too" {
	command -v dot >/dev/null || skip "graphviz is not installed"
	printf '%s\n' '- "a\"]</text><script>x</script>&\\N\n}": {return: "\"<b>\" -> n1"}' >evil.yaml
	lexflow graph evil.yaml --format svg -o evil.svg
	run cat evil.svg
	[[ "$output" == *"<svg"*"</svg>"* ]]
	[[ "$output" != *"<script"* ]]
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse("evil.svg")'
}

@test "graph without graphviz names the package, exit 3" {
	mkdir empty
	run env PATH="$PWD/empty" "$bin/lexflow" graph a.yaml --format svg
	echo "$output"
	[ "$status" -eq 3 ]
	[[ "$output" == *"graphviz"* ]]
}

@test "graph refuses what it does not know" {
	run lexflow graph a.yaml --format mermaidd
	[ "$status" -eq 2 ]
	[[ "$output" == *'did you mean "mermaid"?'* ]]
	run lexflow graph nothing.yaml
	[ "$status" -eq 4 ]
	run lexflow graph no-such-run
	[ "$status" -eq 4 ]
	run lexflow graph
	[ "$status" -eq 2 ]
	run lexflow graph a.yaml -o /proc/nonexistent/a.txt
	[ "$status" -eq 3 ]
}

# ---- eval

@test "eval prints a value as the language does" {
	[ "$(lexflow eval '1 + 2 * 3')" = 7 ]
	[ "$(lexflow eval '${7 / 2}')" = 3.5 ]
	[ "$(lexflow eval '-7 // 2')" = -4 ] # a sign, no option
	[ "$(lexflow eval '-(2 + 3)')" = -5 ]
	[ "$(lexflow eval 'text.split("a-b", "-")')" = '["a","b"]' ]
	[ "$(lexflow eval 'x.k[0] + y' --vars '{"x": {"k": [40]}, "y": 2}')" = 42 ]
	[ "$(echo '{"x": [1, 2]}' | lexflow eval 'len(x)' --vars -)" = 2 ]
	[ "$(lexflow eval 'sys.get_env("NAME")' --env NAME=value)" = '"value"' ]
	[ "$(lexflow eval 'sys.now() > 1600000000 and len(uuid.generate()) == 36')" = true ]
	[ "$(lexflow eval ' 1 ')" = 1 ]
}

@test "eval shows bytes as the journal keeps them, and says so" {
	run --separate-stderr lexflow eval 'base64.decode("//8=")'
	[ "$status" -eq 0 ]
	[ "$output" = '{"$bytes":"//8="}' ]
	[[ "$stderr" == *"no JSON form"* ]]
}

@test "eval: what is raised is JSON on the last line of stderr, exit 1" {
	run --separate-stderr lexflow eval '{"a": 1}.b'
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ "$(tail -n 1 <<<"$stderr" | jq -r '.tags[0]')" == KeyError ]]
}

@test "eval: a mistake has its column, exit 2" {
	run --separate-stderr lexflow eval '1 + unknown_name'
	[ "$status" -eq 2 ]
	[[ "$stderr" == "<expression>:1:5: error: "*"[unknown-variable]"* ]]
	run --separate-stderr lexflow eval '1 +'
	[ "$status" -eq 2 ]
	[[ "$stderr" == "<expression>:1:4: error: "*"[expression-syntax]"* ]]
	run --separate-stderr lexflow eval 'http.get("http://a.test")'
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"[blocking-call]"* ]]
	for vars in '[1]' '{"a b": 1}' 'x' '@/proc/nonexistent/x'; do
		run lexflow eval 1 --vars "$vars"
		[ "$status" -eq 2 ] || [ "$status" -eq 4 ]
	done
	run lexflow eval
	[ "$status" -eq 2 ]
}

# ---- help

@test "help explains commands, functions and codes" {
	[[ "$(lexflow help)" == *"graph"*"eval"* ]]
	[[ "$(lexflow help graph)" == *"Usage: lexflow graph"* ]]
	[[ "$(lexflow help function text.split)" == "text.split(source: string, separator: string) -> list"* ]]
	[ "$(lexflow help text.split)" = "$(lexflow help function text.split)" ]
	[[ "$(lexflow help unknown-step)" == "unknown-step (error)"* ]]
	[[ "$(lexflow help functions)" == *"base64.decode "*"get_type "* ]]
	[[ "$(lexflow help codes)" == *"unknown-step"* ]]
}

@test "help says what was meant" {
	run lexflow help function text.splt
	[ "$status" -eq 2 ]
	[[ "$output" == *'did you mean "text.split"?'* ]]
	run lexflow help unknown-stp
	[ "$status" -eq 2 ]
	[[ "$output" == *'did you mean "unknown-step"?'* ]]
	run lexflow grph
	[ "$status" -eq 2 ]
	[[ "$output" == *'did you mean "graph"?'* ]]
}

@test "every command has help with an example" {
	for command in $(lexflow help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | grep -v -e lexflow -e version); do
		run lexflow "$command" --help
		[ "$status" -eq 0 ] || { echo "$command"; false; }
		[ "${lines[0]}" = "Example:" ] || { echo "$command"; false; }
	done
}

@test "the page of functions lists each of them" {
	lexflow help functions --markdown >page.md
	for name in $(lexflow help functions | sed -n 's/^  \([a-z][a-z0-9_.]*\) .*/\1/p'); do
		grep -qx "### $name" page.md || { echo "$name"; false; }
	done
}

@test "the manual page is well formed and holds every option" {
	lexflow help --man >lexflow.1
	if command -v groff >/dev/null; then
		[ -z "$(groff -man -Tutf8 -ww -z lexflow.1 2>&1)" ]
	fi
	for option in data env limit state format vars; do
		grep -q -- "\\\\-\\\\-$option" lexflow.1 || { echo "$option"; false; }
	done
}

# ---- completion

@test "bash completes commands, options and files" {
	lexflow completion bash >completion
	complete_line() { # WORD...
		bash -c 'source ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lexflow; printf "%s\n" "${COMPREPLY[@]}"' \
			bash "$@"
	}
	[ "$(complete_line lexflow gra)" = graph ]
	[ "$(complete_line lexflow graph --for)" = --format ]
	[ "$(complete_line lexflow help comp)" = completion ]
	[ "$(complete_line lexflow run a.y)" = a.yaml ]
}

@test "zsh and fish completions hold every command" {
	lexflow completion zsh >_lexflow
	lexflow completion fish >lexflow.fish
	for command in run check graph eval help; do
		grep -q "^	$command)" _lexflow
		grep -q -- "-a $command " lexflow.fish
	done
	if command -v zsh >/dev/null; then zsh -n _lexflow; fi
	if command -v fish >/dev/null; then fish -n lexflow.fish; fi
	run lexflow completion tcsh
	[ "$status" -eq 2 ]
}

# ---- plan

@test "plan names variables, targets and strands" {
	cat >b.yaml <<-'END'
		- init: {assign: [{n: 0}]}
		- all: {parallel: {shared: [n], for: {value: i, range: [1, 3], steps: [{add: {assign: [{n: "${n + i}"}]}}]}}}
		- loop: {for: {value: j, in: [1], steps: [{go: {next: continue}}]}}
		- safe: {try: {steps: [{w: {call: sys.sleep, args: {seconds: 0}}}]}, retry: "${http.default_retry}"}
		- out: {return: "${n}"}
	END
	run lexflow plan b.yaml
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"store       slot 0 (n)"* ]]
	[[ "$output" == *"parallel    fork 0: a strand for each number, in unit"* ]]
	[[ "$output" == *"for-next    loop 0: value slot"*"exit -> "* ]]
	[[ "$output" == *"retry       handler 0: "* ]]
	[[ "$output" == *"effect      sys.sleep"* ]]
}
