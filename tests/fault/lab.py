"""lab.py - what the drivers of this folder share: a peer that counts, a runner to kill, TAP with figures.

The peer is told what a run may demand of it and keeps what it saw: for each Idempotency-Key how often it came and
with what body. While a state database is named to it, it also looks there at each request: a call whose announcement
is not committed breaks J1.
"""

import http.server
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

LONG = os.environ.get("FAULT_LONG") == "1"
SANITIZED = bool(os.environ.get("FAULT_SAN"))
FAULT_DIR = os.path.abspath(os.environ.get("FAULT_DIR", "build/fault"))
BIN = os.path.abspath(os.environ.get("LEXFLOW_BIN", "build/bin"))
ANNOUNCED = 2  # enum event_kind


class Peer(http.server.ThreadingHTTPServer):
	"""POST / answers {"n": n} doubled; /flaky fails its first two times for each n; /hook calls a callback."""

	daemon_threads = True
	request_queue_size = 256

	def __init__(self):
		self.lock = threading.Lock()
		self.database = None
		self.forget()
		super().__init__(("127.0.0.1", 0), Handler)
		threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

	@property
	def url(self):
		return f"http://127.0.0.1:{self.server_address[1]}"

	def forget(self):
		with self.lock:
			self.times = {}  # key: how often it came
			self.effects = {}  # what the call is about: the keys it came with
			self.unannounced = []
			self.tries = {}
			self.acknowledged = 0

	def handle_error(self, request, address):
		pass  # the caller was killed

	def look(self, key):
		"""Is the announcement of this effect committed?"""
		run, effect = key.rsplit("/", 1)
		db = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
		try:
			row = db.execute(
				"SELECT 1 FROM events JOIN runs ON runs.row = events.run"
				" WHERE runs.id = ? AND events.kind = ? AND events.effect = ?",
				(run, ANNOUNCED, int(effect))).fetchone()
		finally:
			db.close()
		return row is not None

	def saw(self, key, about):
		if self.database and not self.look(key):
			self.unannounced.append(key)
		with self.lock:
			self.times[key] = self.times.get(key, 0) + 1
			self.effects.setdefault(about, set()).add(key)

	def most(self):
		return max(self.times.values(), default=0)


class Handler(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	wbufsize = -1
	disable_nagle_algorithm = True

	def log_message(self, *args):
		pass

	def send(self, code, value):
		body = json.dumps(value).encode()
		try:
			self.send_response(code)
			self.send_header("Content-Type", "application/json")
			self.send_header("Content-Length", str(len(body)))
			self.end_headers()
			self.wfile.write(body)
			self.wfile.flush()
		except OSError:
			pass  # the caller was killed

	def do_POST(self):
		peer = self.server
		given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
		body = json.loads(given) if given else {}
		key = self.headers.get("Idempotency-Key", "")
		if self.path == "/flaky":  # its third try is the first that a runner hears succeed
			with peer.lock:
				tries = peer.tries.setdefault(body["n"], [])
				if key not in tries:
					tries.append(key)
				place = tries.index(key)
			peer.saw(key, f"/flaky {body['n']} try {place}")
			self.send(503 if place < 2 else 200, {"n": body["n"]})
			return
		if self.path == "/hook":  # call back until the run says 200
			peer.saw(key, "/hook")
			threading.Thread(target=call_back, args=(peer, body["url"]), daemon=True).start()
			self.send(200, {})
			return
		peer.saw(key, f"{self.path} {body.get('n')}")
		time.sleep(0.002)
		self.send(200, {"n": 2 * body.get("n", 0)})


def call_back(peer, url):
	import urllib.error
	import urllib.request
	for _ in range(200):
		try:
			with urllib.request.urlopen(urllib.request.Request(url, data=b'{"n": 5}', method="POST",
					headers={"Content-Type": "application/json"}), timeout=5):
				peer.acknowledged += 1
				return
		except urllib.error.HTTPError as error:
			if error.code in (404, 429):  # taken by the run already, or about to be
				return
		except OSError:
			pass
		time.sleep(0.03)


class Lab:
	"""A folder of its own, and lexflow in it."""

	def __init__(self, program=None):
		self.folder = tempfile.mkdtemp(prefix="fault-")
		self.program = program or os.path.join(BIN, "lexflow")
		self.state = os.path.join(self.folder, "state.db")

	def write(self, name, text):
		path = os.path.join(self.folder, name)
		with open(path, "w") as out:
			out.write(text)
		return path

	def fresh(self):
		"""No run was ever here."""
		for name in os.listdir(self.folder):
			if name.startswith("state.db"):
				os.unlink(os.path.join(self.folder, name))

	def environment(self, **more):
		kept = {k: v for k, v in os.environ.items() if not k.startswith("LEXFLOW_")}
		kept.update(LEXFLOW_STATE=self.state, XDG_STATE_HOME=self.folder, NO_PROXY="127.0.0.1",
			LC_ALL="C.UTF-8", **more)
		return kept

	def start(self, *args, **env):
		return subprocess.Popen([self.program, *args], cwd=self.folder, env=self.environment(**env),
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

	def lexflow(self, *args, timeout=60, **env):
		"""(status, stdout, stderr); a status below 0 is the signal that ended it, as subprocess has it."""
		process = self.start(*args, **env)
		try:
			out, err = process.communicate(timeout=timeout)
		except subprocess.TimeoutExpired:
			process.kill()
			out, err = process.communicate()
			return "no end", out, err
		return process.returncode, out, err

	def state_of(self, run):
		"""None when there is no such run, else its state: 0 active, 1 succeeded, 2 failed."""
		if not os.path.exists(self.state):
			return None
		db = sqlite3.connect(self.state, timeout=10)
		try:
			row = db.execute("SELECT state FROM runs WHERE id = ?", (run,)).fetchone()
			return row[0] if row else None
		except sqlite3.OperationalError:
			return None  # killed before there was a table
		finally:
			db.close()

	def gaps(self):
		"""Runs whose events are not numbered 1, 2, 3 ... (J3)."""
		db = sqlite3.connect(self.state, timeout=10)
		try:
			return db.execute("SELECT run FROM events GROUP BY run HAVING min(number) != 1 OR"
				" max(number) != count(*)").fetchall()
		finally:
			db.close()

	def result_of(self, run):
		status, out, err = self.lexflow("show", run, "--json")
		if status != 0:
			return f"show: {err}"
		return (json.loads(out).get("end") or {}).get("result")

	def remove(self):
		shutil.rmtree(self.folder, ignore_errors=True)


def named_points():
	"""All kill points in the sources."""
	found = set()
	top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
	for room in ("lib", "workflow"):
		for folder, _, files in os.walk(os.path.join(top, room)):
			for file in files:
				if file.endswith(".c"):
					with open(os.path.join(folder, file)) as source:
						found |= set(re.findall(r'kill_point\("([^"]+)"\)', source.read()))
	return found


def wait_for(is_so, seconds=60):
	"""Looks again and again until it is so."""
	until = time.monotonic() + seconds
	while not is_so():
		if time.monotonic() > until:
			raise TimeoutError("waited in vain")
		time.sleep(0.02)


class Report:
	"""TAP: a line for each thing demanded, figures as comments."""

	def __init__(self, title):
		self.title = title
		self.count = self.bad = 0
		self.begun = time.monotonic()

	def demand(self, what, problems):
		self.count += 1
		for problem in problems[:8]:
			print(f"# {problem}")
		print(f"{'not ok' if problems else 'ok'} {self.count} - {self.title}: {what}", flush=True)
		self.bad += bool(problems)

	def needs_preload(self):
		"""A sanitizer wants to be the first library of a process, so nothing can be put before it."""
		if SANITIZED:
			print(f"1..1\nok 1 - {self.title} # SKIP no library before a sanitizer's")
			sys.exit(0)

	def figures(self, **numbers):
		line = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in numbers.items())
		print(f"# {self.title}: {line}, seconds {time.monotonic() - self.begun:.0f}", flush=True)

	def end(self):
		print(f"1..{self.count}")
		sys.exit(1 if self.bad else 0)
