#!/usr/bin/env python3
"""served.py - lexflow serve among slow clients, and ended while others ask: who asks well is answered, what was
acknowledged is there.

A thousand connections send a byte of a request now and then; meanwhile another client is answered each time. Then
clients make executions as fast as they can while the server gets SIGTERM, and SIGKILL another time: every execution that
was acknowledged is in the database, once, and succeeds under the next server.
"""

import atexit
import json
import os
import resource
import signal
import socket
import sqlite3
import threading
import time
import urllib.request

from lab import LONG, SANITIZED, Lab, Report, wait_for

SLOW = 200 if SANITIZED else 1000
PARENT = "/v1/projects/p/locations/l/workflows/hello/executions"
WORKFLOW = """
- nap: {call: sys.sleep, args: {seconds: 0.01}}
- done: {return: 1}
"""


class Server:
	def __init__(self, lab):
		self.process = lab.start("serve", "--port", "0", "--workflows", "flows")
		atexit.register(self.process.kill)
		line = "-"
		while line and not line.startswith("lexflow serves "):
			line = self.process.stderr.readline()
		self.url = line.split()[-1] if line else "nowhere"
		threading.Thread(target=self.process.stderr.read, daemon=True).start()
		wait_for(lambda: self.ask(f"{PARENT}?pageSize=1") is not None)  # the folder was read

	def ask(self, path, body=None):
		"""The answer, or None for none."""
		request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": "application/json"})
		try:
			with urllib.request.urlopen(request, timeout=60) as answer:
				return json.load(answer)
		except (OSError, ValueError):
			return None

	def make(self):
		answer = self.ask(PARENT, b"{}")
		return answer and answer["name"].rsplit("/", 1)[1]

	def end(self, number):
		self.process.send_signal(number)
		return self.process.wait(timeout=60)


def trickle(address, stop, counts):
	"""SLOW connections, each a byte of a head at a time; those that are cut begin anew."""
	head = f"GET {PARENT} HTTP/1.1\r\nHost: localhost\r\nX: ".encode() + b"x" * 10000
	sockets = {}
	while not stop.is_set():
		while len(sockets) < SLOW:
			sockets[socket.create_connection(address)] = 0
			counts["opened"] += 1
		for client, sent in list(sockets.items()):
			try:
				client.send(head[sent:sent + 1])
				sockets[client] = sent + 1
			except OSError:
				client.close()
				del sockets[client]
				counts["cut"] += 1
		counts["rounds"] += 1
		stop.wait(0.2)
	for client in sockets:
		client.close()


def among_slow_clients(lab, report):
	server = Server(lab)
	host, port = server.url[len("http://"):].split(":")
	stop, counts = threading.Event(), {"opened": 0, "cut": 0, "rounds": 0}
	slow = threading.Thread(target=trickle, args=((host, int(port)), stop, counts))
	slow.start()
	wait_for(lambda: counts["rounds"] > 0)
	problems, answered = [], 0
	until = time.monotonic() + (20 if LONG else 3)
	while not problems and (answered < 50 or time.monotonic() < until):
		made = server.make()
		found = made and server.ask(f"{PARENT}/{made}")
		if found:
			answered += 1
		else:
			problems.append(f"request {answered} had no answer")
	stop.set()
	slow.join()
	if server.end(signal.SIGTERM) != 0:
		problems.append("the server did not end well")
	report.demand(f"a client is answered each time among {SLOW} slow ones", problems)
	return {"slow_clients": counts["opened"], "answered": answered}


def ended_under_load(lab, report, number, name):
	lab.fresh()
	server = Server(lab)
	acknowledged, lock, stop = [], threading.Lock(), threading.Event()

	def client():
		while not stop.is_set():
			made = server.make()
			if made is None:
				return
			with lock:
				acknowledged.append(made)

	clients = [threading.Thread(target=client) for _ in range(8)]
	for thread in clients:
		thread.start()
	wait_for(lambda: len(acknowledged) >= 100)
	server.end(number)
	stop.set()
	for thread in clients:
		thread.join()

	def states():
		db = sqlite3.connect(lab.state, timeout=30)
		try:
			return dict(db.execute("SELECT id, state FROM runs"))
		finally:
			db.close()

	lost = [f"{one} was acknowledged and is not there" for one in acknowledged if one not in states()]
	server = Server(lab)
	problems = lost
	try:
		wait_for(lambda: set(states().values()) == {1})
	except TimeoutError:
		problems = lost + [f"{state}: not succeeded" for state in states().values() if state != 1]
	server.end(signal.SIGTERM)
	problems += [f"events of run {run} have gaps" for run, in lab.gaps()]
	report.demand(f"{name} under load: what was acknowledged is there, and succeeds", problems)
	return {f"acknowledged_before_{name}": len(acknowledged), "lost": len(lost)}


def main():
	soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > 0 else soft, hard))
	report, lab = Report("served"), Lab()
	os.mkdir(os.path.join(lab.folder, "flows"))
	lab.write("flows/hello.yaml", WORKFLOW)
	report.figures(**among_slow_clients(lab, report))
	report.figures(**ended_under_load(lab, report, signal.SIGTERM, "SIGTERM"))
	report.figures(**ended_under_load(lab, report, signal.SIGKILL, "SIGKILL"))
	lab.remove()
	report.end()


main()
