#!/usr/bin/env python3
"""bad_peers.py - peers that are slow, reset, trickle, stay half open or lie: each call ends with the right error.

One run calls them all at once; then the same run is killed while it waits for them, and resumed. Tags as the
reference names them: no full response after connecting is a ConnectionError, one that does not come in time a
TimeoutError, nobody there a ConnectionFailedError.
"""

import json
import random
import socket
import struct
import subprocess
import threading
import time

from lab import LONG, Lab, Report

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def reset(client):
	client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def trickle(client, data, gap):
	for byte in data:
		client.sendall(bytes([byte]))
		time.sleep(gap)


def hold(client):
	client.settimeout(20)
	client.recv(1)  # until the runner goes


# path: (what it does, what the run makes of it)
PEERS = {
	"good": (lambda c: c.sendall(OK + b"Content-Length: 2\r\n\r\nhi"), "hi"),
	"trickles": (lambda c: trickle(c, OK + b"Content-Length: 2\r\n\r\nhi", 0.005), "hi"),
	"trickles-for-ever": (lambda c: trickle(c, OK + b"Content-Length: 999\r\n\r\n" + b"x" * 400, 0.05), "TimeoutError"),
	"silent": (hold, "TimeoutError"),
	"half-a-head": (lambda c: (c.sendall(OK), hold(c)), "TimeoutError"),
	"half-a-body": (lambda c: (c.sendall(OK + b"Content-Length: 9\r\n\r\nhal"), hold(c)), "TimeoutError"),
	"half-open": (lambda c: (c.shutdown(socket.SHUT_WR), hold(c)), "ConnectionError"),
	"closes": (lambda c: None, "ConnectionError"),
	"resets": (reset, "ConnectionError"),
	"resets-in-the-body": (lambda c: (c.sendall(OK + b"Content-Length: 9\r\n\r\nhal"), reset(c)), "ConnectionError"),
	"length-too-long": (lambda c: c.sendall(OK + b"Content-Length: 9\r\n\r\nhi"), "ConnectionError"),
	"length-too-short": (lambda c: c.sendall(OK + b"Content-Length: 2\r\n\r\nhi there"), "hi"),
	"length-no-number": (lambda c: c.sendall(OK + b"Content-Length: two\r\n\r\nhi"), "ConnectionError"),
	"chunks-cut": (lambda c: c.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhi"), "ConnectionError"),
	"chunks-lie": (lambda c: c.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n"), "ConnectionError"),
	"no-http": (lambda c: c.sendall(b"\x00\x01\x02 what?\r\n\r\n"), "ConnectionError"),
	"two-answers": (lambda c: (c.sendall(2 * (OK + b"Content-Length: 5\r\n\r\nfirst")), time.sleep(0.3)), "first"),
}

WORKFLOW = """
main:
  params: [args]
  steps:
    - init:
        assign: [{got: {}}]
    - each:
        parallel:
          shared: [got]
          for:
            value: name
            in: ${args.names}
            steps:
              - ask:
                  try:
                    steps:
                      - get:
                          call: http.get
                          args: {url: "${args.url + \\"/\\" + name}", timeout: 2}
                          result: r
                      - keep:
                          assign: [{"got[name]": "${r.body}"}]
                  except:
                    as: e
                    steps:
                      - note:
                          assign: [{"got[name]": "${e.tags[len(e.tags) - 1]}"}]
    - afterwards:
        call: http.get
        args: {url: "${args.url + \\"/good\\"}", timeout: 10}
        result: r
    - nobody:
        try:
          call: http.get
          args: {url: "${args.nobody}", timeout: 10}
        except:
          as: e
          steps:
            - refused:
                assign: [{"got[\\"nobody\\"]": "${e.tags[len(e.tags) - 1]}"}]
    - out:
        return: {got: "${got}", afterwards: "${r.body}"}
"""


class BadPeer:
	def __init__(self):
		self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
		self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
		threading.Thread(target=self.serve, daemon=True).start()

	def serve(self):
		while True:
			client, _ = self.socket.accept()
			threading.Thread(target=self.one, args=(client,), daemon=True).start()

	def one(self, client):
		with client:
			try:
				head = b""
				while b"\r\n\r\n" not in head:
					piece = client.recv(65536)
					if not piece:
						return
					head += piece
				PEERS[head.split()[1].decode().strip("/")][0](client)
			except OSError:
				pass


def wrong(out, wanted):
	try:
		found = json.loads(out)
	except ValueError:
		return [f"no result: {out!r}"]
	problems = [f"{name}: {found['got'].get(name)}, not {tag}" for name, tag in wanted.items()
		if found["got"].get(name) != tag]
	return problems + ([] if found["afterwards"] == "hi" else [f"afterwards: {found['afterwards']!r}"])


def main():
	report = Report("bad peers")
	lab, peer, dice = Lab(), BadPeer(), random.Random()
	lab.write("ask.yaml", WORKFLOW)
	with socket.create_server(("127.0.0.1", 0)) as gone:
		nobody = f"http://127.0.0.1:{gone.getsockname()[1]}/"
	wanted = {name: tag for name, (_, tag) in PEERS.items()} | {"nobody": "ConnectionFailedError"}
	data = json.dumps({"url": peer.url, "names": list(PEERS), "nobody": nobody})
	common = ("--quiet", "--limit", "parallel_branches=64")
	status, out, err = lab.lexflow("run", "ask.yaml", *common, "--data", data)
	problems = wrong(out, wanted) if status == 0 else [f"exit {status}: {err.strip()[-300:]}"]
	report.demand(f"each of {len(wanted)} peers gives its error, and the next call its own answer", problems)
	rounds = 20 if LONG else 1
	problems = []
	for n in range(rounds):
		run = f"torn-{n}"
		process = lab.start("run", "ask.yaml", *common, "--id", run, "--data", data)
		try:
			process.communicate(timeout=dice.uniform(0.3, 1.5))
		except subprocess.TimeoutExpired:
			process.kill()
			process.communicate()
		command = ("run", "ask.yaml", *common, "--id", run, "--data", data) if lab.state_of(run) is None \
			else ("resume", run, "--quiet")
		status, out, err = lab.lexflow(*command)
		problems += wrong(out, wanted) if status == 0 else [f"exit {status}: {err.strip()[-300:]}"]
	report.demand("killed while it waits for them and resumed, a run makes the same of them", problems)
	report.figures(peers=len(wanted), runs=1 + rounds, results_different=len(problems))
	lab.remove()
	report.end()


main()
