#!/usr/bin/env python3
"""old_databases.py - a run begun under an earlier version of the schema goes on under today's.

The tables are those of schema.c, version by version; the rows are written out here, as that version had them: one run
that has ended, one that was killed after its first call, with the second announced. Both are shown, the second resumed:
what was answered is not sent again, what was announced keeps its number. Then the same with a process that dies at each
kill point of each migration as it resumes (in the long form as it lists, too), and is followed by another.
"""

import hashlib
import json
import os
import re
import sqlite3
import time

from lab import FAULT_DIR, LONG, Lab, Peer, Report, named_points

APPLICATION_ID = 0x6c786a31
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

WORKFLOW = """
main:
  params: [url]
  steps:
    - first:
        call: http.post
        args: {url: "${url}", body: {n: 1}}
        result: r
    - second:
        call: http.post
        args: {url: "${url}", body: {n: "${r.body.n + 20}"}}
        result: r
    - out:
        return: ${r.body.n}
"""
ANSWERED = 11  # by the peer of that time: today's doubles, and would say 2
RESULT = 62
STARTED, ANNOUNCED, ANSWER, ENDED = 1, 2, 3, 6  # enum event_kind
BEGUN_US = int((time.time() - 3600) * 1e6)  # within the year that a run may last


# Who opens the database first brings it up to date.
COMMANDS = (("list",), ("resume", "torn", "--quiet")) if LONG else (("resume", "torn", "--quiet"),)


def schemas():
	"""The SQL of each version, as the compiler reads it from schema.c."""
	with open(os.path.join(TOP, "workflow/journal/schema.c")) as source:
		text = source.read()
	found = re.findall(r"version_(\d+)\[\] =((?:\s*\"(?:[^\"\\]|\\.)*\")+);", text)
	assert [int(number) for number, _ in found] == list(range(1, len(found) + 1)), found
	return ["".join(json.loads(part, strict=False) for part in re.findall(r"\"(?:[^\"\\]|\\.)*\"", parts)) for _, parts in found]


def call(effect, url, n):
	headers = {"Content-Type": "application/json; charset=utf-8",
		"User-Agent": "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"}
	return {"function": "http.post", "step": ["main.first", "main.second"][effect - 1], "iteration": [],
		"request": {"method": "POST", "url": url, "headers": headers, "timeout": 300,
			"body": json.dumps({"n": n}, separators=(",", ":"))}}


def answer(n):
	return {"result": {"code": 200, "headers": {"Content-Type": "application/json"}, "body": {"n": n}}}


def events(url, ended):
	listed = [(STARTED, 0, 0, {"argument": url, "env": {}, "limits": {}}), (ANNOUNCED, 1, 1, call(1, url, 1)),
		(ANSWER, 1, 1, answer(ANSWERED)), (ANNOUNCED, 1, 2, call(2, url, ANSWERED + 20))]
	if ended:
		listed += [(ANSWER, 1, 2, answer(RESULT)), (ENDED, 0, 0, {"result": RESULT})]
	return listed


def make(lab, version, url):
	"""A database as that version left it."""
	lab.fresh()
	db = sqlite3.connect(lab.state)
	db.execute("PRAGMA journal_mode = WAL")
	db.execute("PRAGMA synchronous = OFF")
	for sql in schemas()[:version]:
		db.executescript(sql)
	digest = hashlib.sha256(WORKFLOW.encode()).hexdigest()
	db.execute("INSERT INTO definitions VALUES (?, ?)", (digest, WORKFLOW.encode()))
	for row, (run, state) in enumerate([("past", 1), ("torn", 0)], 1):
		db.execute("INSERT INTO runs (row, id, definition, file, parent_run, parent_step, state, start_us, end_us, owner_pid)"
			" VALUES (?, ?, ?, 'old.yaml', '', '', ?, ?, ?, 1)",
			(row, run, digest, state, BEGUN_US, BEGUN_US + 1000 if state else 0))
		for number, (kind, strand, effect, content) in enumerate(events(url, state == 1), 1):
			db.execute("INSERT INTO events (run, number, kind, strand, effect, time_us, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
				(row, number, kind, strand, effect, BEGUN_US + number, json.dumps(content)))
	db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
	db.execute(f"PRAGMA user_version = {version}")
	db.commit()
	db.close()


def version_of(lab):
	db = sqlite3.connect(lab.state)
	try:
		return db.execute("PRAGMA user_version").fetchone()[0], db.execute("PRAGMA integrity_check").fetchone()[0]
	finally:
		db.close()


def goes_on(lab, peer):
	"""The ended run is shown, the other resumed; nothing that was answered is sent again."""
	problems = []
	if lab.result_of("past") != RESULT:
		problems.append(f"the run that has ended gives {lab.result_of('past')}")
	status, out, err = lab.lexflow("show", "torn", "--events")
	if status != 0 or len(out.splitlines()) != 4:
		problems.append(f"show: {status} {out} {err}")
	status, out, err = lab.lexflow("resume", "torn", "--quiet")
	if status != 0 or out.strip() != str(RESULT):
		problems.append(f"resume: {status} {out} {err}")
	if set(peer.times) != {"torn/2"}:
		problems.append(f"sent: {sorted(peer.times)}, not torn/2 alone")
	if version_of(lab) != (len(schemas()), "ok"):
		problems.append(f"the schema afterwards: {version_of(lab)}")
	return problems + [f"{row}: a gap" for row in lab.gaps()]


def passings(lab, peer, version, command):
	log = os.path.join(lab.folder, "passed")
	make(lab, version, peer.url + "/")
	lab.lexflow(*command, LEXFLOW_KILL_LOG=log)
	with open(log) as lines:
		points = [line.strip() for line in lines if line.startswith("migrate.")]
	os.unlink(log)
	return [(point, nth) for point in sorted(set(points)) for nth in range(1, points.count(point) + 1)]


def main():
	report = Report("old databases")
	lab, peer = Lab(os.path.join(FAULT_DIR, "lexflow")), Peer()
	met, tried = set(), 0
	for version in range(1, len(schemas())):
		make(lab, version, peer.url + "/")
		peer.forget()
		report.demand(f"version {version}: shown and resumed", goes_on(lab, peer))
		problems = []
		for command in COMMANDS:
			for point, nth in passings(lab, peer, version, command):
				make(lab, version, peer.url + "/")
				peer.forget()
				status, _, _ = lab.lexflow(*command, LEXFLOW_KILL=f"{point}:{nth}")
				found = [] if status == -9 else [f"did not die: {status}"]
				found += [] if version <= version_of(lab)[0] else [f"version {version_of(lab)}"]
				problems += [f"{command[0]}, {point}:{nth}: {problem}" for problem in found + goes_on(lab, peer)]
				met.add(point)
				tried += 1
		report.demand(f"version {version}: killed in its migration, shown and resumed", problems)
	missed = {point for point in named_points() if point.startswith("migrate.")} - met
	report.demand("every named point was passed", sorted(missed))
	report.figures(points_tried=tried)
	lab.remove()
	report.end()


main()
