#!/usr/bin/env python3
"""power_loss.py - the power fails at any instant of two runs: what was synced is there, of the rest a random part.

preload_trace.c writes down what lexflow did to its files. From any prefix of that a disk is built as it might be
found afterwards: all that a sync has covered; of what was written since, nothing, all, or a random choice of the
sectors of each write in random order; a name that no sync of the folder covered may be missing, a removed one back.

Demanded, with durability full: integrity_check is content; every request that had left is announced (J1); a result
that was printed is recorded; numbers without a gap (J3); the run can be finished, with the right result, and what is
answered already is not sent again. FAULT_SEED=N repeats the choices of an earlier time.
"""

import json
import os
import random
import shutil
import sqlite3

from lab import ANNOUNCED, FAULT_DIR, LONG, Lab, Peer, Report

WORKFLOW = """
main:
  params: [url]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        parallel:
          shared: [total]
          concurrency_limit: 3
          for:
            value: n
            range: [1, 6]
            steps:
              - post:
                  call: http.post
                  args: {url: "${url + \\"/\\"}", body: {n: "${n}", pad: "${text.replace_all(\\"xxxxxxxx\\", \\"x\\", \\"0123456789abcdef0123456789abcdef\\")}"}}
                  result: r
              - add:
                  assign: [{total: "${total + r.body.n}"}]
    - last:
        call: http.post
        args: {url: "${url + \\"/\\"}", body: {n: "${total}"}}
        result: r
    - out:
        return: ${r.body.n}
"""
RESULT = 84
SECTOR = 512
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
ANSWERED = 3  # enum event_kind


class Disk:
	"""Files as a crash may leave them: content that is safe, and what waits for a sync."""

	def __init__(self):
		self.safe = {}  # name: bytes
		self.waiting = {}  # name: [(offset, bytes) or size]
		self.names = set()  # that a sync of the folder covered
		self.live = set()  # that a process sees now

	def apply(self, deed):
		kind, name = deed[0], deed[1] if len(deed) > 1 else ""
		if name.endswith("-shm"):
			return  # made anew from the WAL
		if kind == "create":
			self.live.add(name)
			if name not in self.names:
				self.safe[name], self.waiting[name] = b"", []
		elif kind == "unlink":
			self.live.discard(name)
		elif kind == "write":
			self.waiting.setdefault(name, []).append((deed[2], bytes.fromhex(deed[3])))
		elif kind == "truncate":
			self.waiting.setdefault(name, []).append(deed[2])
		elif kind == "sync":
			self.safe[name] = written(self.safe.get(name, b""), self.waiting.pop(name, []))
		elif kind == "syncdir":
			for gone in self.names - self.live:
				self.safe.pop(gone, None)
				self.waiting.pop(gone, None)
			self.names = set(self.live)

	def found(self, how, dice):
		"""{name: bytes} after the power came back."""
		unsure = self.names ^ self.live
		names = (self.names & self.live) | {n for n in sorted(unsure) if how == "all" and n in self.live
			or how == "nothing" and n in self.names or how == "some" and dice.random() < 0.5}
		return {name: written(self.safe.get(name, b""), part(self.waiting.get(name, []), how, dice)) for name in names}


def part(deeds, how, dice):
	if how != "some":
		return deeds if how == "all" else []
	kept = []
	for deed in deeds:
		if isinstance(deed, int):
			kept += [deed] if dice.random() < 0.5 else []
			continue
		offset, data = deed
		at = 0
		while at < len(data):
			size = min(SECTOR - (offset + at) % SECTOR, len(data) - at)
			if dice.random() < 0.5:
				kept.append((offset + at, data[at:at + size]))
			at += size
	dice.shuffle(kept)
	return kept


def written(content, deeds):
	content = bytearray(content)
	for deed in deeds:
		if isinstance(deed, int):
			del content[deed:]
			content.extend(bytes(deed - len(content)))
			continue
		offset, data = deed
		content.extend(bytes(max(0, offset - len(content))))
		content[offset:offset + len(data)] = data
	return bytes(content)


def trace(lab, peer, file):
	"""Two runs, the second in the database of the first: all deeds."""
	path = os.path.join(lab.folder, "trace")
	os.mkdir(os.path.join(lab.folder, "disk"))
	env = {"LD_PRELOAD": os.path.join(FAULT_DIR, "preload_trace.so"), "TRACE_FILE": path,
		"TRACE_FOLDER": os.path.join(lab.folder, "disk")}
	lab.state = os.path.join(lab.folder, "disk", "state.db")
	for run in ("first", "second"):
		status, out, err = lab.lexflow("run", file, "--quiet", "--id", run, "--data", json.dumps(peer.url), **env)
		assert status == 0 and json.loads(out) == RESULT, (status, out, err)
	with open(path) as lines:
		return [json.loads(line) for line in lines]


def look(folder, sent, said):
	"""Problems of a disk, and the runs that it holds: {id: (state, answered effects)}."""
	problems, runs = [], {}
	path = os.path.join(folder, "state.db")
	if not os.path.exists(path):
		return [f"{len(sent)} requests left, but there is no database"] if sent else [], runs
	db = sqlite3.connect(path)
	try:
		verdict = db.execute("PRAGMA integrity_check").fetchall()
		if verdict != [("ok",)]:
			problems.append(f"integrity: {verdict[:2]}")
		has_tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'events'").fetchone()[0]
		if not has_tables:
			return problems + [f"{key} left, but there are no tables" for key in sent], runs
		rows = db.execute("SELECT runs.id, number, kind, effect FROM events JOIN runs ON runs.row = events.run"
			" ORDER BY runs.row, number").fetchall()
		states = dict(db.execute("SELECT id, state FROM runs").fetchall())
		problems += [f"{row[0]} of {row[1]}: a gap" for row in db.execute("SELECT run, max(number) FROM events"
			" GROUP BY run HAVING min(number) != 1 OR max(number) != count(*)")]
	except sqlite3.DatabaseError as error:
		return problems + [f"the database cannot be read: {error}"], runs
	finally:
		db.close()
	announced = {f"{run}/{effect}" for run, _, kind, effect in rows if kind == ANNOUNCED}
	problems += [f"{key} left, but is not announced" for key in sent if key not in announced]
	problems += [f"a result was printed, {run} is not ended" for run in said if states.get(run) != 1]
	for run, state in states.items():
		runs[run] = (state, {f"{run}/{effect}" for r, _, kind, effect in rows if r == run and kind == ANSWERED})
	return problems, runs


def finish(lab, peer, runs):
	"""Every run that is there ends as if nothing had been."""
	problems = []
	for run, (state, answered) in runs.items():
		if state != 0:
			continue
		peer.forget()
		status, out, err = lab.lexflow("resume", run, "--quiet")
		if status != 0 or json.loads(out) != RESULT:
			problems.append(f"resume {run}: exit {status}: {out.strip()} {err.strip()}")
		problems += [f"{key} was answered and is sent again" for key in answered & set(peer.times)]
	return problems


def lose_power(lab, peer, deeds, cut, how, dice, resumes):
	disk = Disk()
	sent, said = [], []
	for deed in deeds[:cut]:
		if deed[0] == "sent":
			sent.append(deed[1])
		elif deed[0] == "said" and bytes.fromhex(deed[1]).strip():
			said.append("second" if said else "first")
		else:
			disk.apply(deed)
	shutil.rmtree(os.path.dirname(lab.state), ignore_errors=True)
	os.mkdir(os.path.dirname(lab.state))
	copy = os.path.join(lab.folder, "copy")
	for name, content in disk.found(how, dice).items():
		with open(os.path.join(os.path.dirname(lab.state), name), "wb") as out:
			out.write(content)
	shutil.rmtree(copy, ignore_errors=True)
	shutil.copytree(os.path.dirname(lab.state), copy)
	problems, runs = look(copy, sent, said)
	if resumes and not problems:
		problems += finish(lab, peer, runs)
	return [f"cut {cut} of {len(deeds)}, {how} of the rest kept: {problem}" for problem in problems]


def main():
	report = Report("power loss")
	report.needs_preload()
	dice = random.Random(SEED)
	lab, peer = Lab(), Peer()
	deeds = trace(lab, peer, lab.write("calls.yaml", WORKFLOW))
	keys = sum(deed[0] == "sent" for deed in deeds)
	report.demand("two runs were watched", [] if keys == 14 else [f"{keys} requests seen, not 14"])
	cuts = range(len(deeds) + 1) if LONG else sorted({dice.randrange(len(deeds) + 1) for _ in range(120)})
	resumed = set(cuts if LONG else dice.sample(list(cuts), min(len(cuts), 12)))
	tried, wrong = 0, 0
	for how, rounds in (("nothing", 1), ("all", 1), ("some", 8 if LONG else 1)):
		problems = []
		for cut in cuts:
			for _ in range(rounds):
				problems += lose_power(lab, peer, deeds, cut, how, dice, cut in resumed)
				tried += 1
		wrong += len(problems)
		report.demand(f"{how} of what was not synced is there: nothing acknowledged is lost", problems)
	careless = [deed for deed in deeds if deed[0] not in ("sync", "syncdir")]
	losses = lose_power(lab, peer, careless, len(careless), "nothing", dice, False)
	report.demand("the same demands are not met by who never syncs", [] if losses else ["nothing was missed"])
	report.figures(seed=SEED, deeds_watched=len(deeds), points_tried=tried, runs_lost=wrong)
	lab.remove()
	report.end()


main()
