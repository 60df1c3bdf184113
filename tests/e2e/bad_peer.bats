#!/usr/bin/env bats
# What the runner sends, as a peer on a raw socket sees it.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db"
	cd "$BATS_TEST_TMPDIR" || return 1
	peer
}

teardown() {
	if [ -n "${peer:-}" ]; then kill -9 "$peer" 2>/dev/null && wait "$peer" || true; fi
}

# Answers the first request with its own head, as text; its port is in `port`.
peer() {
	cat >peer.py <<-'END'
		import os, socket
		listener = socket.create_server(("127.0.0.1", 0))
		with open("port.new", "w") as out:
		    out.write(str(listener.getsockname()[1]))
		os.rename("port.new", "port")
		connection, _ = listener.accept()
		head = b""
		while b"\r\n\r\n" not in head:
		    head += connection.recv(65536)
		connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(head) + head)
		connection.close()
	END
	timeout 300 python3 peer.py 3>&- &
	peer=$!
	for _ in $(seq 600); do
		[ -s port ] && break
		sleep 0.1
	done
}

@test "every header of a call is sent, however many" {
	{
		printf 'main:\n  steps:\n    - get:\n        call: http.get\n        args:\n'
		printf '          url: http://127.0.0.1:%s/\n          headers:\n' "$(cat port)"
		for i in $(seq 150); do printf '            X-%s: v\n' "$i"; done
		printf '        result: r\n    - end:\n        return: ${r.body}\n'
	} >many.yaml
	run -0 --separate-stderr lexflow run -q many.yaml
	[ "$(jq -r . <<<"$output" | grep -c '^X-[0-9]*: v')" = 150 ]
}

@test "a definition's own Idempotency-Key is the only one" {
	cat >key.yaml <<-END
		main:
		  steps:
		    - get:
		        call: http.get
		        args: {url: "http://127.0.0.1:$(cat port)/", headers: {idempotency-key: mine}}
		        result: r
		    - end:
		        return: \${r.body}
	END
	run -0 --separate-stderr lexflow run -q key.yaml
	[ "$(jq -r . <<<"$output" | grep -i '^idempotency-key:' | tr -d '\r')" = "idempotency-key: mine" ]
}
