#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# What goes wrong from outside: a clear message, the right exit status, and nothing lost that was done.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	unset LEXFLOW_STATE
	bad="$BATS_TEST_DIRNAME/../samples/bad"
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	if [ -n "${holder:-}" ]; then kill "$holder" || true; fi
}

define() { # the definition, on stdin
	cat >workflow.yaml
}

# The filter $1 says true of the JSON on stdin; no JSON at all is no truth (jq -e thinks otherwise).
holds() {
	[ "$(jq "$1")" = true ]
}

# The last line of stderr tells an error with this tag.
tagged() {
	tail -n 1 <<<"$stderr" | holds ".error.payload.tags | index(\"$1\") != null"
}

# A port of loopback that somebody listens on, in $port, until teardown.
hold_a_port() {
	python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(300)' >port &
	holder=$!
	for _ in $(seq 1200); do
		[ -s port ] && break
		sleep 0.05
	done
	port=$(cat port)
}

@test "a definition with a YAML error: exit 2, with the place" {
	define <<-'END'
		main:
		  steps:
		    - a:
		        return: [1, 2
	END
	run --separate-stderr lexflow run
	echo "$stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ "$stderr" =~ workflow.yaml:[0-9]+:[0-9]+:\ error:\ .*\[[a-z-]+\] ]]
}

@test "an unknown step type: exit 2, at the word itself" {
	define <<-'END'
		main:
		  steps:
		    - a:
		        frobnicate: 1
	END
	run --separate-stderr lexflow run
	echo "$stderr"
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"workflow.yaml:4:9: error:"*frobnicate* ]]
}

@test "every mistake is told at once" {
	define <<-'END'
		main:
		  steps:
		    - a:
		        assign:
		          - x: ${y}
		        next: nowhere
		    - a:
		        return: ${1 +}
	END
	run --separate-stderr lexflow check workflow.yaml
	echo "$output $stderr"
	[ "$status" -eq 2 ]
	[ "$(grep -c ': error: ' <<<"$output$stderr")" -ge 2 ]
}

@test "a definition that is not there: exit 4, named" {
	run --separate-stderr lexflow run nowhere.yaml
	echo "$stderr"
	[ "$status" -eq 4 ]
	[[ "$stderr" == *nowhere.yaml* ]]
}

@test "an argument that is no JSON: exit 2" {
	define <<<$'main:\n  steps:\n    - a:\n        return: 1'
	run --separate-stderr lexflow run --data '{"source": '
	echo "$stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
}

@test "an unreachable service is an error of the workflow, which it may catch" {
	hold_a_port
	kill "$holder" && wait "$holder" || true
	holder=
	define <<-END
		main:
		  params: [args]
		  steps:
		    - ask:
		        try:
		          call: http.get
		          args: {url: "http://127.0.0.1:$port/"}
		        except:
		          as: e
		          steps:
		            - give_up:
		                switch:
		                  - condition: \${args}
		                    return: "caught"
		                  - condition: true
		                    raise: \${e}
	END
	run --separate-stderr lexflow run --data true
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$output" = '"caught"' ]
	run --separate-stderr lexflow run --data false
	echo "$stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	tagged ConnectionFailedError
}

@test "a service that cannot be started is an error of the call, not a hang" {
	mkdir infra
	cat >infra/services.yaml <<-'END'
		services:
		- name: broken
		  command: [/bin/false]
	END
	define <<-'END'
		main:
		  steps:
		    - ask:
		        call: http.post
		        args:
		          url: ${sys.get_env("BROKEN_URL")}
		          body: {}
	END
	run --separate-stderr timeout 60 lexflow run
	echo "$stderr"
	[ "$status" -eq 1 ]
	tagged ConnectionFailedError
}

@test "a port that is taken: exit 3, and the port is named" {
	hold_a_port
	run --separate-stderr timeout 30 store --serve --port "$port"
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ "$stderr" == *"$port"* ]]
}

@test "a state database that is none: refused, and the file stays as it was" {
	define <<<$'main:\n  steps:\n    - a:\n        return: 1'
	head -c 20000 /dev/urandom >notes.db
	before=$(sha256sum notes.db)
	run --separate-stderr lexflow run --state "$PWD/notes.db"
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ "$stderr" == *notes.db* ]]
	[ "$before" = "$(sha256sum notes.db)" ]
}

@test "a database of another program is refused and stays as it was" {
	define <<<$'main:\n  steps:\n    - a:\n        return: 1'
	sqlite3 other.db 'CREATE TABLE accounts (id INTEGER); INSERT INTO accounts VALUES (7)'
	before=$(sha256sum other.db)
	run --separate-stderr lexflow run --state "$PWD/other.db"
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ "$stderr" == *other.db* ]]
	[ "$before" = "$(sha256sum other.db)" ]
}

@test "a full disk: exit 3 and a message; with room again the run goes on and loses nothing" {
	unshare --mount true 2>/dev/null || skip "needs a mount namespace"
	define <<-'END'
		main:
		  steps:
		    - begin:
		        assign:
		          - total: 0
		    - count:
		        for:
		          value: n
		          range: [1, 400]
		          steps:
		            - tell:
		                call: sys.log
		                args:
		                  text: "a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk a line of the log that takes some room on the disk"
		            - pause: # an effect: what came before it is committed
		                call: sys.sleep
		                args:
		                  seconds: 0.001
		            - add:
		                assign:
		                  - total: ${total + n}
		    - done:
		        return: ${total}
	END
	mkdir disk
	cat >script <<-'END'
		mount -t tmpfs -o size=1m tmpfs disk || exit 99
		lexflow run --quiet --id full --state "$PWD/disk/state.db" >out 2>err
		echo $? >first
		mount -o remount,size=50m disk
		lexflow resume full --quiet --state "$PWD/disk/state.db" >out 2>>err
		echo $? >second
	END
	run timeout 120 unshare --mount sh script
	cat err
	[ "$status" -ne 99 ] || skip "cannot mount"
	[ "$(cat first)" -eq 3 ]
	[[ "$(cat err)" == *full* ]]
	[ "$(cat second)" -eq 0 ]
	[ "$(cat out)" = 80200 ]
}

@test "an empty file, garbage and a broken PDF are refused with a reason, and the pipe goes on" {
	good="$BATS_TEST_DIRNAME/../samples/decisions/ofac-terrapin-marine-settlement.txt"
	run --separate-stderr ingest "$bad/empty.txt" "$bad/garbage.bin" "$bad/broken.pdf" "$good" nowhere.txt
	echo "$output"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 5 ]
	for line in 0 1 2 4; do
		holds '.error.detail | length > 10' <<<"${lines[$line]}"
	done
	holds '.error == null and .chars > 1000' <<<"${lines[3]}"
	# The later steps pass what failed on, unchanged, and store keeps it as a failure.
	printf '%s\n' "$output" | classify | extract >records || true
	head -n 1 records | holds '.error.detail | length > 10'
	run --separate-stderr store <records
	echo "$output"
	[ "${#lines[@]}" -eq 5 ]
	[ "$(store list --limit 0 --format json | wc -l)" -eq 1 ]
}

@test "JSON that nests deeper than a journal can hold is refused before a run begins" {
	printf 'main:\n  params: [a]\n  steps:\n    - out:\n        return: 1\n' >one.yaml
	for depth in 500 501 513 600; do
		{
			head -c "$depth" /dev/zero | tr '\0' '['
			head -c "$depth" /dev/zero | tr '\0' ']'
		} >deep.json
		run --separate-stderr lexflow run one.yaml --data @deep.json
		echo "$depth: $status $stderr"
		[ "$status" -eq $((depth > 500 ? 2 : 0)) ]
		[[ "$depth" -eq 500 || "$stderr" == *deeper*levels* ]]
	done
}
