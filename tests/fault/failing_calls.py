#!/usr/bin/env python3
"""failing_calls.py - the n-th write, sync, allocation, thread or open of a run fails, for every n.

Demanded: the right result, or an error with exit status 3, or (memory alone) an abort that says so. Afterwards, with
nothing failing, the run is finished and its result right. FAULT_LONG=1 takes every n, until a run passes without that
many calls; the short form takes some by chance (FAULT_SEED). FAULT_CALLS=write,sync tries these kinds alone.
"""

import concurrent.futures
import itertools
import json
import os
import random

from lab import FAULT_DIR, LONG, Lab, Peer, Report

WORKFLOW = """
main:
  params: [url]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        parallel:
          shared: [total]
          for:
            value: n
            range: [1, 3]
            steps:
              - post:
                  call: http.post
                  args: {url: "${url + \\"/\\"}", body: {n: "${n}"}}
                  result: r
              - nap:
                  call: sys.sleep
                  args: {seconds: 0.01}
              - add:
                  assign: [{total: "${total + r.body.n}"}]
    - last:
        call: http.post
        args: {url: "${url + \\"/\\"}", body: {n: "${total}"}}
        result: r
    - out:
        return: ${r.body.n}
"""
RESULT = 24
# kind, how many n the short form tries, does it go on failing?
KINDS = [("write", 8, False), ("write", 8, True), ("sync", 8, False), ("sync", 4, True), ("memory", 24, False),
	("memory", 8, True), ("thread", 4, False), ("thread", 1, True), ("open", 12, False), ("open", 4, True)]
if os.environ.get("FAULT_CALLS"):
	KINDS = [kind for kind in KINDS if kind[0] in os.environ["FAULT_CALLS"].split(",")]
PRELOAD = os.path.join(FAULT_DIR, "preload_fail.so")
SIGABRT = -6
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
PASSES = 3  # in a row: how many calls a run makes varies a little


def failing(kind, nth, goes_on):
	env = {"LD_PRELOAD": PRELOAD, "FAIL_CALL": kind, "FAIL_NTH": str(nth)}
	return env | ({"FAIL_ON": "1"} if goes_on else {})


def is_right(out):
	try:
		return json.loads(out) == RESULT
	except ValueError:
		return False


def judge(kind, status, out, err):
	"""What is wrong with how a run ended while something failed, or None."""
	if status == 0:
		return None if is_right(out) else f"exit 0, but {out.strip()!r}"
	if status == 3:
		return None if "error: " in err or "lexflow: " in err else f"exit 3 without a word: {err!r}"
	if status == SIGABRT and kind == "memory":
		return None
	return f"exit {status}: {out.strip()} {err.strip()[-300:]}"


def finish(lab, file, data):
	"""The same run with nothing failing."""
	state = lab.state_of("torn")
	if state is None:
		return lab.lexflow("run", file, "--quiet", "--id", "torn", "--data", data)
	if state == 0:
		return lab.lexflow("resume", "torn", "--quiet")
	return 0, json.dumps(lab.result_of("torn")), ""


def try_one(lab, peer, file, kind, nth, goes_on):
	"""Problems, and whether so many calls were made at all."""
	data = json.dumps(peer.url)
	lab.fresh()
	peer.forget()
	count_file = os.path.join(lab.folder, "count")
	status, out, err = lab.lexflow("run", file, "--quiet", "--id", "torn", "--data", data, timeout=30,
		FAIL_COUNT=count_file, **failing(kind, nth, goes_on))
	problem = judge(kind, status, out, err)
	problems = [problem] if problem else []
	status, out, err = finish(lab, file, data)
	if status != 0 or not is_right(out):
		problems.append(f"afterwards: exit {status}: {out.strip()} {err.strip()[-300:]}")
	problems += [f"{about} came with keys {sorted(keys)}" for about, keys in peer.effects.items() if len(keys) > 1]
	problems += [f"{key} left before its announcement" for key in peer.unannounced]
	return [f"{kind} {nth}{' and on' if goes_on else ''}: {problem}" for problem in problems], counted(count_file) >= nth


def counted(path):
	"""The calls of a process that ended by itself; one that was aborted had enough of them."""
	if not os.path.exists(path):
		return float("inf")
	with open(path) as text:
		count = int(text.read())
	os.unlink(path)
	return count


def chosen(job, count):
	"""Each n to try, in order; in the long form without end."""
	kind, most, goes_on = job
	if LONG:
		return itertools.count(1)
	dice = random.Random(f"{SEED} {kind} {goes_on}")
	return sorted(dice.sample(range(1, count + 1), min(count, most)))


def torture(job):
	kind, _, goes_on = job
	lab, peer = Lab(), Peer()
	peer.database = lab.state
	file = lab.write("calls.yaml", WORKFLOW)
	count_file = os.path.join(lab.folder, "count")
	status, out, err = lab.lexflow("run", file, "--quiet", "--data", json.dumps(peer.url), FAIL_COUNT=count_file,
		**failing(kind, 0, False))
	if status != 0 or not is_right(out):
		lab.remove()
		return 0, 0, [f"undisturbed: {status} {out} {err}"], 0
	count = counted(count_file)
	problems, tried, most_sent, passed = [], 0, 0, 0
	for nth in chosen(job, count):
		found, has_failed = try_one(lab, peer, file, kind, nth, goes_on)
		problems += found
		tried += 1
		most_sent = max(most_sent, peer.most())
		passed = 0 if has_failed else passed + 1
		if passed == PASSES and LONG:
			break
	lab.remove()
	return count, tried, problems, most_sent


def main():
	report = Report("failing calls")
	report.needs_preload()
	total = most = wrong = 0
	with concurrent.futures.ThreadPoolExecutor(3) as pool:
		for (kind, _, goes_on), (count, tried, problems, sent) in zip(KINDS, pool.map(torture, KINDS)):
			report.demand(f"{kind}{' and all after it' if goes_on else ''}: {tried} of {count} calls fail, each"
				" with the right result or a clear end", problems)
			total, most, wrong = total + tried, max(most, sent), wrong + len(problems)
	report.figures(seed=SEED, points_tried=total, results_different=wrong, most_times_one_effect_was_sent=most)
	report.end()


main()
