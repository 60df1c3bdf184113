#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# lexflow export and import: a run leaves without its secrets, and is a run again elsewhere.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db" XDG_STATE_HOME="$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
	# Nothing listens on port 1: the call fails, is caught, and its request is in the history all the same.
	cat >w.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - ask:
		        try:
		          call: http.get
		          args:
		            url: http://127.0.0.1:1/
		            headers:
		              Authorization: ${"Bearer " + args.token}
		              X-Case: ${args.case}
		        except:
		          as: e
		          steps:
		            - note:
		                call: sys.log
		                args: {text: '${"failed with " + args.token}'}
		    - done:
		        return: '${args.case + args.text}'
	END
	printf '{"token":"hunter2-4711","case":"C-99","text":"%s"}' "$(head -c 5000 /dev/zero | tr '\0' y)" >data.json
	lexflow run -q w.yaml --id a --data @data.json >result.json 2>/dev/null
}

@test "a bundle holds definition and events, and no secret" {
	run --separate-stderr lexflow export a -o a.jsonl
	[ "$status" -eq 0 ]
	! grep -q hunter2 a.jsonl
	[ "$(wc -l <a.jsonl)" -eq $((1 + $(lexflow show a --events | wc -l))) ]
	[ "$(head -1 a.jsonl | jq -r '.id + " " + .state')" = "a SUCCEEDED" ]
	head -1 a.jsonl | jq -j .definition | cmp - w.yaml
	grep -q C-99 a.jsonl
	! lexflow export a --mask X-Case | grep C-99
	printf 'C-99' >case
	! lexflow export a --secret case=case | grep C-99
}

@test "an imported run is shown and its history repeats itself" {
	lexflow export a -o a.jsonl
	run --separate-stderr lexflow import a.jsonl --state other.db
	[ "$output" = a ]
	export LEXFLOW_STATE=$BATS_TEST_TMPDIR/other.db
	[ "$(lexflow show a --json | jq -r .state)" = SUCCEEDED ]
	[ "$(lexflow show a --json | jq -c .end.result)" = "$(cat result.json)" ]
	lexflow graph a | grep -q done # the states of the steps come from repeating the history
	[ "$(lexflow list --json | jq -r '.startTime + .endTime')" = \
		"$(lexflow list --state state.db --json | jq -r '.startTime + .endTime')" ]
	lexflow export a >again.jsonl
	cmp <(tail -n +2 a.jsonl) <(tail -n +2 again.jsonl)
}

@test "an id that is taken needs another" {
	lexflow export a -o a.jsonl
	run --separate-stderr lexflow import a.jsonl
	[ "$status" -eq 2 ]
	run --separate-stderr lexflow import a.jsonl --id b
	[ "$output" = b ]
	run --separate-stderr lexflow export a -o a.jsonl
	[ "$status" -eq 2 ] # nothing is written over
}

@test "what is no bundle, or half of one, leaves no run that goes on" {
	lexflow export a -o a.jsonl
	echo '{"x":1}' >none.jsonl
	head -2 a.jsonl >half.jsonl
	sed '2s/"number":1,/"number":2,/' a.jsonl >gap.jsonl
	sed '2s/"kind":1,/"kind":99,/' a.jsonl >kind.jsonl
	sed '1s/"bundle":1,/"bundle":2,/' a.jsonl >newer.jsonl
	for bad in none half gap kind newer; do
		run --separate-stderr lexflow import "$bad.jsonl" --state other.db --id "$bad"
		[ "$status" -eq 2 ]
		[[ "$stderr" == *"$bad.jsonl:"* ]]
	done
	[ ! -e other.db ] # all of it is read before anything is written
	run --separate-stderr lexflow import nowhere.jsonl
	[ "$status" -eq 4 ]
}

@test "a redriven run with values changed by hand is a redriven run elsewhere" {
	printf 'main:\n  steps:\n  - a:\n      assign: [{x: 1}]\n  - b:\n      assign: [{y: "${x + 1}"}]\n  - c:\n      return: ${y}\n' >sum.yaml
	lexflow run -q sum.yaml --id o
	[ "$(lexflow rerun o --from b --set x=5 --yes 2>/dev/null)" = 6 ]
	lexflow export last -o r.jsonl
	id=$(lexflow import r.jsonl --state other.db)
	[ "$(sqlite3 other.db "SELECT origin || ' ' || parent_run || ' ' || parent_step FROM runs WHERE id = '$id'")" = \
		"$(sqlite3 state.db "SELECT origin || ' ' || parent_run || ' ' || parent_step FROM runs WHERE id = '$id'")" ]
	lexflow graph "$id" --state other.db | grep -q c # its history repeats itself
	lexflow export "$id" --state other.db | tail -n +2 | cmp - <(tail -n +2 r.jsonl)
}
