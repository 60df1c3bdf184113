#!/usr/bin/env python3
"""random_kills.py - SIGKILL at random instants, with many runs in flight over one database.

Three processes share it: one has 64 runs in flight (a run and 63 that it started), one a run of 12 calls at a time,
one a run that stores decisions through its own store service. Each is killed again and again until it is done; then
the next. A thousand kills in the long form, 30 in the short.

Demanded: no run lost, every result the undisturbed one, one key for each effect however often it was sent, every
call announced before it left, and each decision stored exactly once.
"""

import json
import os
import random
import subprocess
import threading

from lab import BIN, LONG, Lab, Peer, Report

KILLS = 1000 if LONG else 30
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
CHILDREN, BRANCHES, DECISIONS = 63, 40, 12

FLEET = """
main:
  params: [args]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        parallel:
          shared: [total]
          for:
            value: n
            range: [1, %d]
            steps:
              - start:
                  call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
                  args: {workflow_id: ship, argument: {url: "${args.url}", name: "${args.name}", n: "${n}"}}
                  result: r
              - add:
                  assign: [{total: "${total + r}"}]
    - out:
        return: ${total}
""" % CHILDREN

SHIP = """
main:
  params: [args]
  steps:
    - post:
        call: http.post
        args: {url: "${args.url + \\"/\\" + args.name}", body: {n: "${args.n}"}}
        result: r
    - nap:
        call: sys.sleep
        args: {seconds: 0.02}
    - out:
        return: ${r.body.n}
"""

CALLS = """
main:
  params: [args]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        parallel:
          shared: [total]
          concurrency_limit: 12
          for:
            value: n
            range: [1, %d]
            steps:
              - post:
                  call: http.post
                  args: {url: "${args.url + \\"/\\" + args.name}", body: {n: "${n}"}}
                  result: r
              - add:
                  assign: [{total: "${total + r.body.n}"}]
    - out:
        return: ${total}
""" % BRANCHES

STORED = """
main:
  params: [args]
  steps:
    - init:
        assign: [{total: 0}]
    - each:
        parallel:
          shared: [total]
          concurrency_limit: 4
          for:
            value: n
            range: [1, %d]
            steps:
              - post:
                  call: http.post
                  args: {url: "${args.url + \\"/\\" + args.name}", body: {n: "${n}"}}
                  result: r
              - keep:
                  call: http.post
                  args:
                    url: ${sys.get_env("STORE_URL")}
                    body: {id: "${args.name + \\"-\\" + string(n)}", source: "${\\"/in/\\" + string(n)}"}
              - add:
                  assign: [{total: "${total + r.body.n}"}]
    - out:
        return: ${total}
""" % DECISIONS

KINDS = {"fleet": (FLEET, CHILDREN), "calls": (CALLS, BRANCHES), "stored": (STORED, DECISIONS)}


def total(count):
	"""The peer doubles: 2 + 4 + ... + 2 count."""
	return count * (count + 1)


class Hunt:
	"""What the three hunters share."""

	def __init__(self, lab, peer):
		self.lab, self.peer = lab, peer
		self.lock = threading.Lock()
		self.left, self.kills = KILLS, 0
		self.problems = {kind: [] for kind in KINDS}
		self.runs = {kind: [] for kind in KINDS}

	def take(self):
		with self.lock:
			self.left -= 1
			self.kills += self.left >= 0
			return self.left >= 0

	def command(self, kind, run):
		common = ("--quiet", "--workflows", ".", "--limit", "parallel_branches=64")
		state = self.lab.state_of(run)
		if state is None:
			data = json.dumps({"url": self.peer.url, "name": run})
			return ("run", f"{kind}.yaml", *common, "--id", run, "--data", data)
		return ("resume", run, *common[:3]) if state == 0 else None

	def one_run(self, kind, run, dice):
		"""Kill it until it is done or there are no kills left; then let it end."""
		self.runs[kind].append(run)
		while command := self.command(kind, run):
			process = self.lab.start(*command, STORE_DATABASE=os.path.join(self.lab.folder, "decisions.db"),
				PATH=BIN + ":" + os.environ["PATH"])
			try:
				out, err = process.communicate(timeout=dice.uniform(0.02, 0.8) if self.left > 0 else 120)
			except subprocess.TimeoutExpired:
				if not self.take() and self.left < -20:
					self.problems[kind].append(f"{run} does not end")
				process.kill()
				process.communicate()
				continue
			if process.returncode != 0:
				self.problems[kind].append(f"{run}: exit {process.returncode}: {out.strip()} {err.strip()[-300:]}")
			return

	def hunt(self, kind, seed):
		dice = random.Random(seed)
		number = 0
		while number == 0 or self.left > 0:
			number += 1
			self.one_run(kind, f"{kind}-{number}", dice)

	def judge(self, kind, count):
		problems = self.problems[kind]
		for run in self.runs[kind]:
			result = self.lab.result_of(run)
			if result != total(count):
				problems.append(f"{run}: {result}, not {total(count)}")
			for n in range(1, count + 1):
				keys = self.peer.effects.get(f"/{run} {n}", set())
				if len(keys) != 1:
					problems.append(f"{run}: call {n} came with {len(keys)} keys")
		return problems


def stored_once(hunt):
	"""As store itself lists what it keeps."""
	wanted = sorted(f"{run}-{n}" for run in hunt.runs["stored"] for n in range(1, DECISIONS + 1))
	listed = subprocess.run([os.path.join(BIN, "store"), "list", "--limit", "0", "--format", "json"], text=True,
		capture_output=True, env=hunt.lab.environment(STORE_DATABASE=os.path.join(hunt.lab.folder, "decisions.db")))
	found = sorted(json.loads(line)["id"] for line in listed.stdout.splitlines())
	return [] if found == wanted else [f"{len(found)} decisions, not {len(wanted)}: {listed.stderr[-200:]}"]


def main():
	report = Report("random kills")
	lab, peer = Lab(), Peer()
	peer.database = lab.state
	os.mkdir(os.path.join(lab.folder, "infra"))
	lab.write("infra/services.yaml", "services:\n- name: store\n  command: [store, --serve]\n"
		"  concurrency: 8\n  environment:\n    STORE_DATABASE:\n")
	lab.write("ship.yaml", SHIP)
	for kind, (text, _) in KINDS.items():
		lab.write(f"{kind}.yaml", text)
	hunt = Hunt(lab, peer)
	hunters = [threading.Thread(target=hunt.hunt, args=(kind, SEED + i)) for i, kind in enumerate(KINDS)]
	for hunter in hunters:
		hunter.start()
	for hunter in hunters:
		hunter.join()
	wrong = 0
	for kind, (_, count) in KINDS.items():
		problems = hunt.judge(kind, count)
		wrong += len(problems)
		report.demand(f"{kind}: every run ends as undisturbed, one key for each effect", problems)
	report.demand("every call was announced before it left", peer.unannounced)
	report.demand("each decision is stored exactly once", stored_once(hunt))
	report.demand("events are numbered without a gap", [str(row) for row in lab.gaps()])
	report.figures(seed=SEED, kills=hunt.kills, runs=sum(map(len, hunt.runs.values())), results_different=wrong,
		effects=len(peer.times), most_times_one_effect_was_sent=peer.most())
	lab.remove()
	report.end()


main()
