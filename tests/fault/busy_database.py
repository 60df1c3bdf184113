#!/usr/bin/env python3
"""busy_database.py - another program holds the database's lock while a run goes on.

For a moment: the run waits, and ends as undisturbed. For longer than lexflow waits (lib/db, DB_BUSY_MS): exit status
3 and an error that says so; the run stays as its journal says, and ends as undisturbed when it is resumed.
"""

import json
import sqlite3
import threading
import time

from lab import Lab, Peer, Report

WORKFLOW = """
main:
  params: [url]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        for:
          value: n
          range: [1, 40]
          steps:
            - post:
                call: http.post
                args: {url: "${url + \\"/\\"}", body: {n: "${n}"}}
                result: r
            - nap:
                call: sys.sleep
                args: {seconds: 0.02}
            - add:
                assign: [{total: "${total + r.body.n}"}]
    - out:
        return: ${total}
"""
RESULT = 40 * 41


def hold(lab, peer, seconds):
	"""Take the lock once the run has begun, and keep it."""
	while not peer.times:
		time.sleep(0.005)
	db = sqlite3.connect(lab.state, timeout=20, isolation_level=None)
	db.execute("BEGIN IMMEDIATE")
	time.sleep(seconds)
	db.execute("ROLLBACK")
	db.close()


def while_held(lab, peer, run, seconds):
	peer.forget()
	holder = threading.Thread(target=hold, args=(lab, peer, seconds), daemon=True)
	holder.start()
	outcome = lab.lexflow("run", "calls.yaml", "--quiet", "--id", run, "--data", json.dumps(peer.url))
	holder.join(20)
	return outcome


def main():
	report = Report("busy database")
	lab, peer = Lab(), Peer()
	lab.write("calls.yaml", WORKFLOW)
	status, out, err = while_held(lab, peer, "short", 0.7)
	report.demand("held for a moment, a run waits and ends as undisturbed",
		[] if status == 0 and json.loads(out) == RESULT else [f"exit {status}: {out.strip()} {err.strip()}"])
	status, out, err = while_held(lab, peer, "long", 6.5)
	report.demand("held for long, it ends with status 3 and says why",
		[] if status == 3 and "locked by another process" in err else [f"exit {status}: {out.strip()} {err.strip()}"])
	status, out, err = lab.lexflow("resume", "long", "--quiet")
	problems = [] if status == 0 and json.loads(out) == RESULT else [f"exit {status}: {out.strip()} {err.strip()}"]
	problems += [f"{about} came with {len(keys)} keys" for about, keys in peer.effects.items() if len(keys) != 1]
	report.demand("resumed, it ends as undisturbed, one key for each effect", problems)
	report.figures(points_tried=2, results_different=len(problems), most_times_one_effect_was_sent=peer.most())
	lab.remove()
	report.end()


main()
