#!/usr/bin/env python3
"""many_processes.py - eight processes at a time run, resume, list, show, cancel and collect in one database.

Each is one of lexflow's commands, chosen by chance, for one of a few dozen runs; half of those that own a run are killed
with SIGKILL at a random instant. Demanded: nobody is told that the database is locked, each command succeeds or is
refused in the words that fit (owned by another, has ended, not found), results are the undisturbed ones, a run that
has neither ended nor been cancelled is there and can be finished (no run lost), each effect has one key, every call was
announced before it left, events are numbered without a gap, and SQLite finds the file sound. Two owners of one run (J5)
would give a number twice, which the database refuses: exit status 3.

120 commands in the short form, 20,000 in the long.
"""

import json
import os
import random
import sqlite3
import subprocess
import threading

from lab import LONG, Lab, Peer, Report

COMMANDS = 20000 if LONG else 120
AT_ONCE = 8
CALLS = 6
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)

WORKFLOW = """
main:
  params: [args]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        for:
          value: n
          range: [1, %d]
          steps:
            - post:
                call: http.post
                args: {url: "${args.url + \\"/\\" + args.name}", body: {n: "${n}"}}
                result: r
            - nap:
                call: sys.sleep
                args: {seconds: 0.01}
            - add:
                assign: [{total: "${total + r.body.n}"}]
    - out:
        return: ${total}
""" % CALLS
RESULT = CALLS * (CALLS + 1)

# What a command may end with besides success, and a word of what it then says.
REFUSALS = {
	"run": {1: "cancelled"},
	"resume": {1: "cancelled", 2: "has ended", 3: "owned by process", 4: "no run"},
	"cancel": {2: "has ended", 3: "owned by process|owns run|owns it", 4: "no run|is gone"},
	"show": {4: "no run"},
	"list": {},
	"gc": {},
}


class Crowd:
	"""What the eight share."""

	def __init__(self, lab, peer):
		self.lab, self.peer = lab, peer
		self.lock = threading.Lock()
		self.left = COMMANDS
		self.names, self.over = [], set()  # runs begun; those that somebody saw the end of
		self.kills = 0
		self.counts, self.refused = {}, 0
		self.problems = []

	def take(self):
		with self.lock:
			self.left -= 1
			return self.left >= 0

	def fresh(self):
		with self.lock:
			self.names.append(f"r{len(self.names):05d}")  # none the beginning of another
			return self.names[-1]

	def some(self, dice):
		with self.lock:
			return dice.choice(self.names[-12:]) if self.names else "r0"

	def command(self, dice):
		"""(kind, run, arguments)"""
		kind = dice.choices(list(REFUSALS), weights=(30, 30, 5, 15, 10, 3))[0]
		if kind == "run":
			run = self.fresh()
			data = json.dumps({"url": self.peer.url, "name": run})
			return kind, run, (kind, "calls.yaml", "--quiet", "--id", run, "--data", data)
		run = self.some(dice)
		return kind, run, {
			"resume": (kind, run, "--quiet"),
			"cancel": (kind, run),
			"show": (kind, run, "--json"),
			"list": (kind, "--json"),
			"gc": (kind, "--older-than", "0s", "--keep", "20", "--json"),
		}[kind]

	def judge(self, kind, run, status, out, err):
		"""What is wrong with how it ended, or None."""
		said = out + err
		if "locked" in said or "UNIQUE" in said:
			return said.strip()
		if status == 0:
			if kind in ("run", "resume"):
				self.over.add(run)
				return None if out.strip() == str(RESULT) else f"result {out.strip()!r}"
			if kind == "cancel":
				self.over.add(run)
			if kind in ("show", "list", "gc"):
				return None if out.strip() or kind == "list" else "said nothing"
			return None
		words = REFUSALS[kind].get(status)
		if words is None or not any(word in said for word in words.split("|")):
			return f"exit {status}: {said.strip()[-300:]}"
		if status in (1, 2):
			self.over.add(run)
		self.refused += 1
		return None

	def one(self, dice):
		kind, run, args = self.command(dice)
		process = self.lab.start(*args)
		kills = kind in ("run", "resume", "gc", "cancel") and dice.random() < 0.5
		try:
			out, err = process.communicate(timeout=dice.uniform(0.01, 0.3) if kills else 120)
		except subprocess.TimeoutExpired:
			process.kill()
			process.communicate()
			with self.lock:
				self.kills += kills
				if not kills:
					self.problems.append(f"{' '.join(args)}: no end")
			return
		problem = self.judge(kind, run, process.returncode, out, err)
		with self.lock:
			self.counts[kind] = self.counts.get(kind, 0) + 1
			if problem:
				self.problems.append(f"{kind} {run}: {problem}")

	def work(self, seed):
		dice = random.Random(seed)
		while self.take():
			self.one(dice)


def states(lab):
	db = sqlite3.connect(lab.state, timeout=10)
	try:
		return dict(db.execute("SELECT id, state FROM runs").fetchall()), db.execute("PRAGMA integrity_check").fetchall()
	finally:
		db.close()


def finish(crowd):
	"""Each run that goes on, goes on to its end; none is lost."""
	lab, peer, problems = crowd.lab, crowd.peer, []
	found, verdict = states(lab)
	problems += [] if verdict == [("ok",)] else [f"integrity: {verdict[:2]}"]
	for run, state in found.items():
		if state == 0:
			status, out, err = lab.lexflow("resume", run, "--quiet")
			if status != 0 or out.strip() != str(RESULT):
				# A wish that it end may lie there from an asker who was killed.
				if status != 1 or "cancelled" not in err:
					problems.append(f"resume {run}: {status} {out} {err}")
		elif state == 1 and lab.result_of(run) != RESULT:
			problems.append(f"{run}: {lab.result_of(run)}")
	for run in crowd.names:
		called = any(about.startswith(f"/{run} ") for about in peer.effects)
		if called and run not in found and run not in crowd.over and f"/{run} {CALLS}" not in peer.effects:
			problems.append(f"{run} is lost")
	left = [run for run, state in states(lab)[0].items() if state == 0]
	return problems + [f"{run} still goes on" for run in left]


def main():
	report = Report("many processes")
	lab, peer = Lab(), Peer()
	peer.database = lab.state
	lab.write("calls.yaml", WORKFLOW)
	crowd = Crowd(lab, peer)
	workers = [threading.Thread(target=crowd.work, args=(SEED + i,)) for i in range(AT_ONCE)]
	for worker in workers:
		worker.start()
	for worker in workers:
		worker.join()
	report.demand("each command succeeds or is refused for its reason, none hears of a lock", crowd.problems)
	lost = finish(crowd)
	report.demand("no run is lost, each that goes on can be finished, the database is sound", lost)
	report.demand("one key for each effect", [f"{about}: {sorted(keys)}" for about, keys in peer.effects.items()
		if len(keys) > 1])
	report.demand("every call was announced before it left", peer.unannounced)
	report.demand("events are numbered without a gap", [str(row) for row in lab.gaps()])
	report.figures(seed=SEED, commands=sum(crowd.counts.values()) + crowd.kills, kills=crowd.kills, refused=crowd.refused,
		runs=len(crowd.names), runs_lost=len(lost), most_times_one_effect_was_sent=peer.most())
	lab.remove()
	report.end()


main()
