#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# What a definition sees of peers that are slow, broken, endless or lying: the tags of the reference (6.2).
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$LEXFLOW_BIN:$PATH" LEXFLOW_STATE="$BATS_TEST_TMPDIR/state.db" XDG_STATE_HOME="$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return 1
	serve
}

teardown() {
	kill "$server" 2>/dev/null && wait "$server" || true
}

# A server on raw sockets: the path says how it behaves. Each request line is a line of "seen".
serve() {
	cat >server.py <<-'END'
		import gzip, os, signal, socket, struct, threading, time
		signal.alarm(300)  # whatever becomes of the test
		listener = socket.create_server(("127.0.0.1", 0), backlog=100)
		port = listener.getsockname()[1]
		def answer(body, kind="text/plain", extra="", status="200 OK", length=None):
		    head = "HTTP/1.1 %s\r\n" % status
		    if kind:
		        head += "Content-Type: %s\r\n" % kind
		    head += "Content-Length: %d\r\n%s\r\n" % (len(body) if length is None else length, extra)
		    return head.encode() + body
		def redirect(target, status="302 Found"):
		    return answer(b"", None, "Location: %s\r\n" % target, status)
		def reply(method, path, body):
		    name, _, number = path[1:].partition("/")
		    if name == "size":
		        return answer(b"x" * int(number))
		    if name == "bomb":
		        return answer(gzip.compress(b"\0" * (64 << 20)), extra="Content-Encoding: gzip\r\n")
		    if name == "gzip":
		        return answer(gzip.compress(b'{"n": 1}'), "application/json", "Content-Encoding: gzip\r\n")
		    if name == "latin":
		        return answer(b"\xe9", "text/plain; charset=ISO-8859-1")
		    if name == "repeated":
		        return answer(b"", extra="x-a: 1\r\nSet-Cookie: a\r\nX-A: 2\r\n")
		    if name == "hops":
		        return redirect("/hops/%d" % (int(number) - 1)) if int(number) else answer(b"there")
		    if name == "to":
		        return redirect("/echo", number + " Found")
		    if name == "echo":
		        return answer((method + " " + body.decode()).encode())
		    if name == "nowhere":
		        return answer(b"", None, "", "304 Not Modified")
		    if name == "trickle":
		        return [b"H", b"T", b"T", b"P", b"/"] + [b"1"] * 1000
		    if name == "drip":
		        return [answer(b"", length=100000)] + [b"x"] * 1000
		    if name == "short":
		        return answer(b"half", length=100)
		    if name == "chunk":
		        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"
		    if name == "noise":
		        return b"\0\1\2 this is no HTTP\r\n\r\n"
		    if name == "endless":
		        return [b"HTTP/1.1 200 OK\r\n"] + [b"X-%d: y\r\n" % i * 200 for i in range(1000)]
		    return b""
		def serve(client):
		    data = b""
		    while b"\r\n\r\n" not in data and not data.startswith(b"\x16"):
		        more = client.recv(65536)
		        if not more:
		            return client.close()
		        data += more
		    if data.startswith(b"\x16"):  # the client speaks TLS
		        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
		        return client.close()
		    head, _, body = data.partition(b"\r\n\r\n")
		    method, path = head.decode().split(" ")[:2]
		    for line in head.decode().lower().split("\r\n"):
		        while line.startswith("content-length:") and len(body) < int(line[15:]):
		            body += client.recv(65536)
		    with open("seen", "a") as seen:
		        seen.write(method + " " + path + "\n")
		    if path == "/reset":
		        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		        return client.close()
		    parts = reply(method, path, body)
		    try:
		        for part in [parts] if isinstance(parts, bytes) else parts:
		            client.sendall(part)
		            if path in ("/trickle", "/drip"):
		                time.sleep(0.05)
		    except OSError:
		        pass
		    client.close()
		with open("port.new", "w") as out:
		    out.write(str(port))
		os.rename("port.new", "port")
		while True:
		    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
	END
	python3 server.py 3>&- 2>server.log &
	server=$!
	for _ in $(seq 1200); do
		[ -s port ] && break
		sleep 0.05
	done
	url=http://127.0.0.1:$(cat port)
}

# The tags of the errors of calls to these URLs, in a list; what succeeds gives its code. $1 is the timeout.
tags() {
	local timeout=$1
	shift
	cat >tags.yaml <<-'END'
		main:
		  params: [args]
		  steps:
		    - begin:
		        assign: [{tags: []}]
		    - each:
		        for:
		          value: url
		          in: ${args.urls}
		          steps:
		            - ask:
		                try:
		                  call: http.get
		                  args: {url: "${url}", timeout: "${args.timeout}"}
		                  result: r
		                except:
		                  as: e
		                  steps:
		                    - failed:
		                        assign: [{r: {code: "${e.tags[0]}"}}]
		            - keep:
		                assign: [{tags: "${list.concat(tags, r.code)}"}]
		    - out:
		        return: ${tags}
	END
	run -0 --separate-stderr lexflow run -q tags.yaml --data "$(printf '%s\n' "$@" | jq -R . | jq -sc "{urls: ., timeout: $timeout}")"
}

@test "nobody there is a ConnectionFailedError, and so is TLS that is none" {
	dead=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	tags 60 "http://127.0.0.1:$dead/" "https://127.0.0.1:$(cat port)/" "http://[::1]:$dead/"
	[ "$output" = '["ConnectionFailedError","ConnectionFailedError","ConnectionFailedError"]' ]
}

@test "what breaks before it is whole is a ConnectionError" {
	tags 60 "$url/reset" "$url/close" "$url/short" "$url/chunk" "$url/noise"
	[ "$output" = '["ConnectionError","ConnectionError","ConnectionError","ConnectionError","ConnectionError"]' ]
}

@test "a timeout is for the whole call, however the bytes trickle" {
	tags 0.5 "$url/trickle" "$url/drip"
	[ "$output" = '["TimeoutError","TimeoutError"]' ]
}

@test "2 MB are taken, one byte more ends the run and no try catches it" {
	cat >size.yaml <<-END
		main:
		  params: [path]
		  steps:
		    - ask:
		        try: {call: http.get, args: {url: "\${\"$url\" + path}"}}
		        except: {as: e, steps: [{caught: {return: caught}}]}
		    - out: {return: there}
	END
	run -0 --separate-stderr lexflow run -q --limit string_bytes=off size.yaml --data '"/size/2097152"'
	[ "$output" = '"there"' ]
	for path in /size/2097153 /bomb /endless; do
		run -1 --separate-stderr lexflow run -q --limit string_bytes=off size.yaml --data "\"$path\""
		[ "$(tail -n 1 <<<"$stderr" | jq -r '.error.payload.tags[0]')" = ResourceLimitError ]
	done
	run -0 --separate-stderr lexflow run -q --limit string_bytes=off --limit response_bytes=3000000 size.yaml --data '"/size/2097153"'
}

@test "ten redirects are followed, the eleventh is a ConnectionError" {
	tags 60 "$url/hops/10" "$url/hops/11"
	[ "$output" = '[200,"ConnectionError"]' ]
}

@test "301, 302 and 303 become GET, 307 and 308 keep method and body" {
	for code in 301 302 303 307 308; do
		printf -- '- ask: {call: http.post, args: {url: "%s/to/%s", body: hi, headers: {Content-Type: text/plain}}, result: r}\n- out: {return: "${r.body}"}\n' \
			"$url" "$code" >to.yaml
		run -0 --separate-stderr lexflow run -q to.yaml
		case $code in
		30[123]) [ "$output" = '"GET "' ] ;;
		*) [ "$output" = '"POST hi"' ] ;;
		esac
	done
}

@test "a 3xx that leads nowhere is the answer" {
	tags 60 "$url/nowhere"
	[ "$output" = '[304]' ]
}

@test "gzip is undone first, charsets are read, headers have one name each" {
	cat >a.yaml <<-END
		- a: {call: http.get, args: {url: "$url/gzip"}, result: a}
		- b: {call: http.get, args: {url: "$url/latin"}, result: b}
		- c: {call: http.get, args: {url: "$url/repeated"}, result: c}
		- out: {return: '\${[a.body.n, b.body, c.headers["X-A"], c.headers["Set-Cookie"]]}'}
	END
	run -0 --separate-stderr lexflow run -q a.yaml
	[ "$output" = '[1,"é","1, 2","a"]' ]
}

@test "a head without a body is whole, and a body given to it is not sent" {
	cat >a.yaml <<-END
		- a: {call: http.request, args: {method: HEAD, url: "$url/nowhere", body: {a: 1}}, result: a}
		- b: {call: http.request, args: {method: OPTIONS, url: "$url/echo"}, result: b}
		- out: {return: "\${[a.code, b.body]}"}
	END
	run -0 --separate-stderr lexflow run -q a.yaml
	[ "$output" = '[304,"OPTIONS "]' ]
}
