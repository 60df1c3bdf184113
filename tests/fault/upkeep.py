#!/usr/bin/env python3
"""upkeep.py - dies in the commands that change what is in a database already: gc, cancel, import.

Each is run once undisturbed to learn which kill points it passes; then it dies at each passing, in a copy of the same
database. Demanded: the database is sound, each run is whole or gone, and the command given again leaves what the
undisturbed one leaves. A cancellation is also tried while another process owns the run, which dies in its stead.
"""

import json
import os
import shutil
import sqlite3

from lab import FAULT_DIR, Lab, Peer, Report, named_points, wait_for

# Calls, logs something large, then waits for long.
WORKFLOW = """
main:
  params: [args]
  steps:
    - post:
        call: http.post
        args: {url: "${args.url + \\"/\\"}", body: {n: 1}}
        result: r
    - note:
        call: sys.log
        args: {text: "${args.pad}"}
    - nap:
        call: sys.sleep
        args: {seconds: "${args.nap}"}
    - again:
        call: http.post
        args: {url: "${args.url + \\"/\\"}", body: {n: "${r.body.n}"}}
        result: r
    - out:
        return: ${r.body.n}
"""
RESULT = 4
CANCELLED = 3  # enum run_state
ENDED = 6  # enum event_kind
HERE = ("gc.", "cancel.", "import.")


class Bench:
	"""A database to spoil, as often as one likes."""

	def __init__(self):
		self.lab, self.peer = Lab(os.path.join(FAULT_DIR, "lexflow")), Peer()
		self.kept = os.path.join(self.lab.folder, "kept")
		self.file = self.lab.write("calls.yaml", WORKFLOW)
		self.met, self.tried, self.died = set(), 0, 0
		for run in ("one", "two", "three"):
			status, out, err = self.lab.lexflow("run", self.file, "--quiet", "--id", run, "--data", self.data(0))
			assert status == 0 and json.loads(out) == RESULT, (status, out, err)
		assert self.lab.lexflow("export", "one", "-o", "one.jsonl")[0] == 0
		self.interrupted("waits")
		os.mkdir(self.kept)
		for name in self.files():
			shutil.copy(os.path.join(self.lab.folder, name), self.kept)

	def data(self, nap):
		return json.dumps({"url": self.peer.url, "nap": nap, "pad": os.urandom(12000).hex()})

	def files(self, folder=None):
		return [name for name in os.listdir(folder or self.lab.folder) if name.startswith("state.db")]

	def started(self, run, **env):
		"""A process whose run waits for an hour."""
		process = self.lab.start("run", self.file, "--quiet", "--id", run, "--data", self.data(3600), **env)
		wait_for(lambda: self.rows("SELECT 1 FROM events JOIN runs ON runs.row = events.run WHERE runs.id = ? AND"
			" kind = 2 AND effect = 2", run))
		return process

	def interrupted(self, run):
		process = self.started(run)
		process.kill()
		process.communicate()

	def rows(self, sql, *given):
		if not os.path.exists(self.lab.state):
			return []
		db = sqlite3.connect(self.lab.state, timeout=10)
		try:
			return db.execute(sql, given).fetchall()
		except sqlite3.OperationalError:
			return []  # no tables yet
		finally:
			db.close()

	def restore(self):
		self.lab.fresh()
		for name in self.files(self.kept):
			shutil.copy(os.path.join(self.kept, name), self.lab.folder)

	def soundness(self):
		"""What no moment may show."""
		problems = [f"integrity: {row}" for row in self.rows("PRAGMA integrity_check") if row != ("ok",)]
		problems += [f"{row}: a gap" for row in self.lab.gaps()]
		for what, sql in {
			"an event of no run": "SELECT number FROM events WHERE run NOT IN (SELECT row FROM runs)",
			"a run of no definition": "SELECT id FROM runs WHERE definition NOT IN (SELECT hash FROM definitions)",
			"a content of no run": "SELECT row FROM contents WHERE row NOT IN (SELECT content FROM content_uses)",
			"an ended run without its end": "SELECT id FROM runs WHERE state <> 0 AND NOT EXISTS"
				f" (SELECT 1 FROM events WHERE run = row AND kind = {ENDED})",
		}.items():
			problems += [f"{what}: {row}" for row in self.rows(sql)]
		return problems

	def summary(self):
		return self.rows("SELECT id, state, (SELECT count(*) FROM events WHERE run = row) FROM runs ORDER BY id")

	def passings(self, *command):
		"""The points that a command passes, each as often as it does, and what it leaves."""
		log = os.path.join(self.lab.folder, "passed")
		self.restore()
		status, out, err = self.lab.lexflow(*command, LEXFLOW_KILL_LOG=log)
		assert status == 0, (command, status, out, err)
		with open(log) as lines:
			points = [line.strip() for line in lines]
		os.unlink(log)
		self.met |= set(points)
		return {point: points.count(point) for point in points}, self.summary()

	def die(self, point, nth, *command):
		self.restore()
		status, _, _ = self.lab.lexflow(*command, LEXFLOW_KILL=f"{point}:{nth}")
		self.tried += 1
		self.died += status == -9
		return [] if status == -9 else [f"did not die, but ended with {status}"]


def tell(point, nth, problems):
	return [f"{point}:{nth}: {problem}" for problem in problems]


def again(bench, wanted, statuses, *command):
	"""Given again, the command leaves what the undisturbed one left."""
	status, out, err = bench.lab.lexflow(*command)
	problems = [] if status in statuses else [f"given again: {status} {out} {err}"]
	found = bench.summary()
	return problems + bench.soundness() + ([] if found == wanted else [f"it left {found}, not {wanted}"])


def torture(bench, statuses, *command):
	problems = []
	counts, wanted = bench.passings(*command)
	for point, count in sorted(counts.items()):
		for nth in range(1, count + 1):
			found = bench.die(point, nth, *command) + bench.soundness()
			found += again(bench, wanted, statuses, *command)
			problems += tell(point, nth, found)
	return problems


def owner_dies_asked(bench):
	"""Who owns the run dies as it hears of the wish: then the one who asked ends it."""
	bench.restore()
	owner = bench.started("owned", LEXFLOW_KILL="cancel.before-stop:1")
	status, out, err = bench.lab.lexflow("cancel", "owned")
	owner.communicate(timeout=60)
	bench.met.add("cancel.before-stop")
	bench.tried += 1
	bench.died += owner.returncode == -9
	problems = [] if owner.returncode == -9 else [f"the owner ended with {owner.returncode}"]
	problems += [] if status == 0 else [f"cancel: {status} {out} {err}"]
	return problems + bench.soundness() + is_cancelled(bench, "owned")


def asker_dies(bench):
	"""Who asks dies before the owner is woken: the next to ask is heard."""
	bench.restore()
	owner = bench.started("owned")
	status, out, err = bench.lab.lexflow("cancel", "owned", LEXFLOW_KILL="cancel.after-ask:1")
	problems = [] if status == -9 else [f"the asker ended with {status}: {out} {err}"]
	bench.met.add("cancel.after-ask")
	bench.tried += 1
	bench.died += status == -9
	status, out, err = bench.lab.lexflow("cancel", "owned")
	problems += [] if status in (0, 2) else [f"asked again: {status} {out} {err}"]  # 2: it was quicker
	owner.communicate(timeout=60)
	return problems + bench.soundness() + is_cancelled(bench, "owned")


def is_cancelled(bench, run):
	state = bench.lab.state_of(run)
	return [] if state == CANCELLED else [f"{run} has state {state}"]


def main():
	report = Report("upkeep")
	bench = Bench()
	found = {
		"gc: each run is whole or gone": torture(bench, (0,), "gc", "--older-than", "0s"),
		"cancel: a run without an owner ends once": torture(bench, (0, 2), "cancel", "waits"),
		"cancel: an owner that dies, an asker that dies": owner_dies_asked(bench) + asker_dies(bench),
		"import: the whole run or none": torture(bench, (0, 2), "import", "one.jsonl", "--id", "new"),
	}
	for what, problems in found.items():
		report.demand(what, problems)
	missed = {point for point in named_points() if point.startswith(HERE)} - bench.met
	report.demand("every named point was passed", [f"{point} was not" for point in sorted(missed)])
	report.figures(points_tried=bench.tried, died_there=bench.died, results_different=sum(map(len, found.values())))
	bench.lab.remove()
	report.end()


main()
