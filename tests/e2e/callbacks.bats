#!/usr/bin/env bats
# Callbacks as who sends them sees them (reference, section 8), and what is left of them when the run is killed.
bats_require_minimum_version 1.5.0

jq() { # no JSON at all is no truth, whatever jq -e thinks
	local out
	out=$(command jq "$@") && [ -n "$out" ] && printf '%s\n' "$out"
}

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state" NO_PROXY=127.0.0.1
	unset LEXFLOW_STATE
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >wait.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - open:
		        call: events.create_callback_endpoint
		        args:
		          http_callback_method: ${default(map.get(args, "method"), "POST")}
		        result: cb
		    - gated:
		        switch:
		          - condition: ${not(default(map.get(args, "gate"), false))}
		            next: wait
		    - gate:
		        call: events.create_callback_endpoint
		        result: gate
		    - wait_at_gate:
		        call: events.await_callback
		        args: ["${gate}", 600]
		    - wait:
		        call: events.await_callback
		        args:
		          callback: ${cb}
		          timeout: 600
		        result: got
		    - out:
		        return: ${got.http_request}
	END
}

teardown() {
	for pid in ${runner:-} ${squatter:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" || true
	done
}

# $(url STEP): the callback that this step opened, once it is told; nothing when the run ends before.
url() {
	local found
	for _ in $(seq 3000); do
		found=$(sed -n "s/^callback [A-Z]* \\(http[^ ]*\\) (main.$1)/\\1/p" err | tail -1)
		[ -n "$found" ] && break
		kill -0 "$runner" 2>/dev/null || break
		sleep 0.02
	done
	printf '%s' "$found"
}

# Run in the background until the callback is open; its $url.
open_callback() {
	lexflow "$@" >out 2>err 3>&- &
	runner=$!
	url=$(url open)
	cat err
	[ -n "$url" ]
}

ended() {
	wait "$runner"
	status=$?
	runner=
	cat err
	return "$status"
}

killed() {
	kill -9 "$runner"
	wait "$runner" 2>/dev/null || true
	runner=
}

send() { # prints the status
	curl -s -o answer -w '%{http_code}' --max-time 120 "$@"
}

@test "a request is what the await gives" {
	open_callback run wait.yaml
	[ "$(send "$url?k=v&r=1&r=2" -H 'Content-Type: application/json' -H 'x-mine: yes' -d '{"approved": true}')" = 200 ]
	[ ! -s answer ]
	ended
	[ "$(jq -c '[.method, .query, .body, .headers["X-Mine"], .headers["Content-Type"]]' out)" = \
		'["POST",{"k":"v","r":["1","2"]},{"approved":true},"yes","application/json"]' ]
	case $url in *"$(jq -r .url out)") ;; *) false ;; esac
}

@test "text, bytes, nothing: bodies by their type" {
	open_callback run wait.yaml
	[ "$(send "$url" -H 'Content-Type: text/plain' -d 'plain words')" = 200 ]
	ended
	[ "$(jq -c .body out)" = '"plain words"' ]
	open_callback run wait.yaml --data '{"method": "GET"}'
	[ "$(send "$url")" = 200 ]
	ended
	[ "$(jq -c '[.method, .body]' out | tr -d ' ')" = '["GET",null]' ]
}

@test "another method, an unknown callback, a foreign host" {
	open_callback run wait.yaml --data '{"method": "PUT"}'
	[ "$(curl -s -D head -o /dev/null -w '%{http_code}' -X POST "$url" -d x)" = 405 ]
	grep -qi '^allow: PUT' head
	[ "$(send -X PUT "${url%?????}00000" -d x)" = 404 ]
	[ "$(send -X PUT "${url%/v1/*}/elsewhere" -d x)" = 404 ]
	[ "$(send -X PUT "$url" -H 'Host: example.com' -d x)" = 403 ]
	[ "$(send -X PUT "$url" -H 'Content-Type: text/plain' -d x)" = 200 ]
	ended
	[ "$(jq -r .body out)" = x ]
}

@test "a second request is refused while the first waits, and the first is kept" {
	open_callback run wait.yaml --data '{"gate": true}'
	[ "$(send "$url" -H 'Content-Type: text/plain' -d first)" = 200 ]
	[ "$(send "$url" -H 'Content-Type: text/plain' -d second)" = 429 ]
	[ "$(send "$(url gate)" -H 'Content-Type: text/plain' -d go)" = 200 ]
	ended
	[ "$(jq -r .body out)" = first ]
}

@test "a body beyond 2 MiB is refused" {
	open_callback run wait.yaml
	head -c 3000000 /dev/zero >big
	[ "$(send "$url" -H 'Content-Type: application/octet-stream' --data-binary @big)" = 413 ]
	[ "$(send "$url" -H 'Content-Type: text/plain' -d small)" = 200 ]
	ended
}

@test "a body that no variable could hold is refused, and the run goes on" {
	open_callback run wait.yaml
	head -c 300000 /dev/zero | tr '\0' a >big
	[ "$(send "$url" -H 'Content-Type: text/plain' --data-binary @big)" = 413 ]
	[ "$(send "$url" -H 'Content-Type: text/plain' -d small)" = 200 ]
	ended
	[ "$(jq -r .body out)" = small ]
}

@test "an escaped NUL behind the address is no part of it" {
	open_callback run wait.yaml
	[ "$(send "$url%00" -H 'Content-Type: text/plain' -d x)" = 404 ]
	[ "$(send "$url" -H 'Content-Type: text/plain' -d y)" = 200 ]
	ended
	[ "$(jq -r .body out)" = y ]
}

@test "connections that send nothing, or half a head, make room for a request" {
	open_callback run wait.yaml
	address=${url#http://}
	python3 -c '
import socket, sys, time
host, port = sys.argv[1].split("/")[0].split(":")
held = []
for i in range(600):
    held.append(socket.create_connection((host, int(port))))
    if i % 2:
        held[-1].sendall(b"POST /v1/projects/half")
print("here", flush=True)
time.sleep(60)' "$address" >squat 3>&- &
	squatter=$!
	for _ in $(seq 3000); do [ -s squat ] && break || sleep 0.02; done
	[ -s squat ]
	[ "$(curl -s -o answer -w '%{http_code}' --max-time 120 "$url" -H 'Content-Type: text/plain' -d x)" = 200 ]
	ended
}

@test "killed while it waits, a run has its callback at the same address after resume" {
	open_callback run wait.yaml --id torn
	before=$url
	killed
	open_callback resume torn
	[ "$url" = "$before" ]
	[ "$(send "$before" -H 'Content-Type: text/plain' -d late)" = 200 ]
	ended
	[ "$(jq -r .body out)" = late ]
}

@test "what a sender was told is kept survives a kill" {
	open_callback run wait.yaml --id torn --data '{"gate": true}'
	[ -n "$(url gate)" ]
	[ "$(send "$url" -H 'Content-Type: text/plain' -d kept)" = 200 ]
	killed
	open_callback resume torn
	[ "$(send "$url" -H 'Content-Type: text/plain' -d more)" = 429 ]
	[ "$(send "$(url gate)" -H 'Content-Type: text/plain' -d go)" = 200 ]
	ended
	[ "$(jq -r .body out)" = kept ]
}

@test "a timeout that passes while nobody runs fires at resume" {
	open_callback run wait.yaml --id torn
	for _ in $(seq 3000); do # until the await is on disk
		lexflow show torn | grep -q '^waits for' && break
		sleep 0.02
	done
	killed
	# An hour passes: what the run did is an hour ago.
	sqlite3 "$XDG_STATE_HOME/lexflow/state.db" 'UPDATE events SET time_us = time_us - 3600000000'
	run --separate-stderr timeout 120 lexflow resume torn
	[ "$status" -eq 1 ]
	[ "$(printf '%s\n' "$stderr" | tail -1 | jq -r '.error.payload.tags[0]')" = TimeoutError ]
}

@test "a port that is taken is told, and the path stays" {
	open_callback run wait.yaml --id torn
	killed
	port=${url#"http://127.0.0.1:"}
	port=${port%%/*}
	python3 -c '
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
print("here", flush=True)
time.sleep(60)' "$port" >squat 3>&- &
	squatter=$!
	for _ in $(seq 3000); do [ -s squat ] && break || sleep 0.02; done
	path=${url#http://127.0.0.1:*/}
	open_callback resume torn
	grep -q "port $port is taken" err
	[ "${url#http://127.0.0.1:*/}" = "$path" ]
	[ "$(send "$url" -H 'Content-Type: text/plain' -d moved)" = 200 ]
	ended
	[ "$(jq -r .body out)" = moved ]
}

@test "a waiting run says what it waits for" {
	open_callback run wait.yaml --id waits
	for _ in $(seq 3000); do # the await is on disk a moment after the endpoint
		lexflow show waits >shown
		grep -q 'waits for' shown && break
		sleep 0.02
	done
	cat shown
	grep -q "waits for *callback POST $url (main.wait)" shown
}

@test "credentials of a sender are not kept" {
	open_callback run wait.yaml
	[ "$(send "$url" -H 'Authorization: Bearer very-secret-token' -H 'Content-Type: text/plain' -d x)" = 200 ]
	ended
	[ "$(jq -r '.headers.Authorization' out)" = '[redacted]' ]
	! grep -rq very-secret-token "$XDG_STATE_HOME"
}

@test "several branches wait on one callback, each request wakes one" {
	cat >many.yaml <<-'END'
		- open:
		    call: events.create_callback_endpoint
		    result: cb
		- init:
		    assign: [{got: []}]
		- all:
		    parallel:
		      shared: [got]
		      for:
		        value: i
		        range: [1, 3]
		        steps:
		          - wait:
		              call: events.await_callback
		              args: ["${cb}", 60]
		              result: r
		          - add:
		              assign: [{got: "${list.concat(got, r.http_request.body)}"}]
		- out:
		    return: ${got}
	END
	open_callback run many.yaml
	for n in 1 2 3; do
		for _ in $(seq 3000); do # 429 for a moment, while the others have not come to wait
			[ "$(send "$url" -H 'Content-Type: application/json' -d "$n")" = 200 ] && break
			sleep 0.02
		done
	done
	ended
	[ "$(jq -c sort out)" = '[1,2,3]' ]
}
