#!/usr/bin/env python3
"""clock_jumps.py - the wall clock is set forward or back by a day at any of its readings: a run ends the same.

A sleep lasts as long as was asked for, a retry waits no longer than its delay, a callback is awaited for no longer
than its timeout; also when the clock was set back while nobody was there.
"""

import json
import os
import time

from lab import FAULT_DIR, LONG, Lab, Peer, Report

WORKFLOW = """
main:
  params: [url]
  steps:
    - nap:
        call: sys.sleep
        args: {seconds: 0.05}
    - tough:
        try:
          call: http.post
          args: {url: "${url + \\"/flaky\\"}", body: {n: 7}}
          result: r
        retry:
          predicate: ${http.default_retry_predicate}
          max_retries: 4
          backoff: {initial_delay: 0.05, max_delay: 0.1, multiplier: 2}
    - open:
        call: events.create_callback_endpoint
        result: cb
    - wait:
        try:
          call: events.await_callback
          args: {callback: "${cb}", timeout: 0.05}
        except:
          as: e
          steps:
            - noted:
                assign: [{tag: "${e.tags[0]}"}]
            - last:
                call: sys.sleep
                args: {seconds: 0.05}
            - out:
                return: {n: "${r.body.n}", tag: "${tag}"}
"""
RESULT = {"n": 7, "tag": "TimeoutError"}
DAY = 86400
PRELOAD = os.path.join(FAULT_DIR, "preload_clock.so")
LONGEST_S = 20  # the waits add up to a quarter of a second


def with_jump(nth, seconds):
	return {"LD_PRELOAD": PRELOAD, "CLOCK_NTH": str(nth), "CLOCK_JUMP": str(seconds)}


def judge(what, outcome):
	status, out, err = outcome
	if status == 0 and json.loads(out) == RESULT:
		return []
	return [f"{what}: exit {status}: {out.strip()} {err.strip()[-300:]}"]


def main():
	report = Report("clock jumps")
	report.needs_preload()
	lab, peer = Lab(), Peer()
	lab.write("waits.yaml", WORKFLOW)
	data = json.dumps(peer.url)
	count_file = os.path.join(lab.folder, "count")

	def run(name, **env):
		peer.forget()
		return lab.lexflow("run", "waits.yaml", "--quiet", "--id", name, "--data", data, timeout=LONGEST_S, **env)

	problems = judge("undisturbed", run("calm", CLOCK_COUNT=count_file, **with_jump(0, 0)))
	with open(count_file) as text:
		count = int(text.read())
	tried = 0
	for nth in range(1, count + 1) if LONG else range(1, count + 1, max(1, count // 10)):
		for seconds in (-DAY, DAY):
			problems += judge(f"{seconds} s at reading {nth} of {count}", run(f"jump{nth}x{abs(seconds)}{seconds < 0}",
				**with_jump(nth, seconds)))
			tried += 1
	report.demand("a run ends as undisturbed when the clock is set at one of its readings", problems)
	lost = []
	for seconds in (-DAY, DAY):  # killed in a wait, the clock set while nobody is there
		name = f"gap{'back' if seconds < 0 else 'on'}"
		peer.forget()
		process = lab.start("run", "waits.yaml", "--quiet", "--id", name, "--data", data)
		for _ in range(2000):
			if lab.state_of(name) is not None or process.poll() is not None:
				break
			time.sleep(0.005)
		process.kill()
		process.communicate()
		if lab.state_of(name) == 0:
			lost += judge(f"{seconds} s before resume", lab.lexflow("resume", name, "--quiet", timeout=LONGEST_S,
				**with_jump(1, seconds)))
	report.demand("a run that was killed while it waited ends when the clock was set meanwhile", lost)
	report.figures(points_tried=tried + 2, results_different=len(problems) + len(lost))
	lab.remove()
	report.end()


main()
