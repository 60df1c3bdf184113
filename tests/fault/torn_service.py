#!/usr/bin/env python3
"""torn_service.py - a run's step service is killed again and again: with a retry the run ends, stored once.

The service is store, started by the run. Every decision is there exactly once at the end, although calls were cut
off in the middle and sent again.
"""

import json
import os
import random
import signal
import subprocess
import time

from lab import BIN, LONG, Lab, Report

KILLS = 20 if LONG else 2
DECISIONS = 120 if LONG else 12
WORKFLOW = """
main:
  params: [url]
  steps:
    - init:
        assign: [{done: 0}]
    - each:
        parallel:
          shared: [done]
          concurrency_limit: 3
          for:
            value: n
            range: [1, %d]
            steps:
              - keep:
                  try:
                    call: http.post
                    args:
                      url: ${sys.get_env("STORE_URL")}
                      body: {id: "${\\"d-\\" + string(n)}", source: "${\\"/in/\\" + string(n)}"}
                  retry:
                    predicate: ${http.default_retry_predicate}
                    max_retries: 50
                    backoff: {initial_delay: 0.05, max_delay: 0.5, multiplier: 2}
              - nap:
                  call: sys.sleep
                  args: {seconds: 1}
              - add:
                  assign: [{done: "${done + 1}"}]
    - out:
        return: ${done}
""" % DECISIONS


def services_of(pid):
	"""The store processes that this runner started."""
	try:
		with open(f"/proc/{pid}/task/{pid}/children") as text:
			children = [int(word) for word in text.read().split()]
	except OSError:
		return []
	found = []
	for child in children:
		try:
			with open(f"/proc/{child}/comm") as text:
				found += [child] if text.read().strip() == "store" else []
		except OSError:
			pass
	return found


def main():
	report = Report("torn service")
	lab, dice = Lab(), random.Random()
	os.mkdir(os.path.join(lab.folder, "infra"))
	lab.write("infra/services.yaml", "services:\n- name: store\n  command: [store, --serve]\n"
		"  concurrency: 8\n  environment:\n    STORE_DATABASE:\n")
	lab.write("keep.yaml", WORKFLOW)
	database = os.path.join(lab.folder, "decisions.db")
	process = lab.start("run", "keep.yaml", "--quiet", "--data", '""', STORE_DATABASE=database,
		PATH=BIN + ":" + os.environ["PATH"])
	kills, deadline = 0, time.monotonic() + 60
	while kills < KILLS and process.poll() is None and time.monotonic() < deadline:
		time.sleep(dice.uniform(1.1, 1.6))  # one that dies within a second three times is given up for a while
		for pid in services_of(process.pid):
			os.kill(pid, signal.SIGKILL)
			kills += 1
	out, err = process.communicate(timeout=120)
	problems = [] if process.returncode == 0 and json.loads(out) == DECISIONS else [
		f"exit {process.returncode}: {out.strip()} {err.strip()[-300:]}"]
	report.demand("the run ends as if its service had never died", problems)
	report.demand("its service was killed", [] if kills else ["never"])
	listed = subprocess.run([os.path.join(BIN, "store"), "list", "--limit", "0", "--format", "json"], text=True,
		capture_output=True, env=lab.environment(STORE_DATABASE=database))
	ids = sorted(json.loads(line)["id"] for line in listed.stdout.splitlines())
	wanted = sorted(f"d-{n}" for n in range(1, DECISIONS + 1))
	report.demand("each decision is stored exactly once", [] if ids == wanted else [f"{len(ids)}: {ids}"])
	report.figures(kills=kills, decisions=DECISIONS, stored=len(ids), results_different=len(problems))
	lab.remove()
	report.end()


main()
