#!/usr/bin/env python3
"""kill_points.py - for each named kill point and each of its passings: die there, resume, demand the undisturbed run.

Every definition below is run once to learn which points it passes, and how often. The short form dies at one
passing of each, in the middle; FAULT_LONG=1 at all of them.
"""

import concurrent.futures
import json
import os

from lab import FAULT_DIR, LONG, Lab, Peer, Report, named_points

WORKFLOWS = {
	"loops": """
main:
  params: [url]
  steps:
    - init:
        assign: [{total: 0}, {seen: []}]
    - each:
        for:
          value: n
          range: [1, 3]
          steps:
            - post:
                call: http.post
                args: {url: "${url + \\"/\\"}", body: {n: "${n}"}}
                result: r
            - add:
                assign: [{total: "${total + r.body.n}"}, {seen: "${list.concat(seen, n)}"}]
            - note:
                call: sys.log
                args: {text: "${\\"did \\" + string(n)}"}
    - sub:
        call: twice
        args: {url: "${url}", n: 10}
        result: more
    - out:
        return: {total: "${total + more}", seen: "${seen}"}
twice:
  params: [url, n]
  steps:
    - post:
        call: http.post
        args: {url: "${url + \\"/\\"}", body: {n: "${n}"}}
        result: r
    - out:
        return: ${r.body.n}
""",
	"parallel": """
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
            range: [1, 4]
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
    - out:
        return: ${total}
""",
	"retry": """
main:
  params: [url]
  steps:
    - tough:
        try:
          call: http.post
          args: {url: "${url + \\"/flaky\\"}", body: {n: 7}}
          result: r
        retry:
          predicate: ${http.default_retry_predicate}
          max_retries: 4
          backoff: {initial_delay: 0.01, max_delay: 0.02, multiplier: 2}
    - none:
        assign: [{code: 0}]
    - caught:
        try:
          raise: {code: 1}
        except:
          as: e
          steps:
            - keep:
                assign: [{code: "${e.code}"}]
    - when:
        assign: [{id: "${uuid.generate()}"}, {now: "${sys.now()}"}]
    - out:
        return: {n: "${r.body.n}", code: "${code}", id: "${len(id)}", now: "${now > 0}"}
""",
	"callback": """
main:
  params: [url]
  steps:
    - open:
        call: events.create_callback_endpoint
        args: {http_callback_method: POST}
        result: cb
    - tell:
        call: http.post
        args: {url: "${url + \\"/hook\\"}", body: {url: "${cb.url}"}}
    - wait:
        call: events.await_callback
        args: {callback: "${cb}", timeout: 60}
        result: got
    - out:
        return: ${got.http_request.body.n}
""",
	"children": """
main:
  params: [url]
  steps:
    - start:
        call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
        args: {workflow_id: child, argument: {url: "${url}", n: 3}}
        result: r
    - out:
        return: ${r}
""",
	"service": """
main:
  params: [url]
  steps:
    - post:
        call: http.post
        args: {url: "${sys.get_env(\\"ECHO_URL\\")}", body: {n: 1}}
        result: r
    - again:
        call: http.post
        args: {url: "${url + \\"/\\"}", body: {n: "${r.body.n}"}}
        result: r
    - out:
        return: ${r.body.n}
""",
}
RESULTS = {
	"loops": {"total": 32, "seen": [1, 2, 3]},
	"parallel": 20,
	"retry": {"n": 7, "code": 1, "id": 36, "now": True},
	"callback": 5,
	"children": 6,
	"service": 2,
}
# What must have arrived, and under one key each.
ARRIVALS = {
	"loops": {"/ 1", "/ 2", "/ 3", "/ 10"},
	"parallel": {"/ 1", "/ 2", "/ 3", "/ 4"},
	"retry": {"/flaky 7 try 0", "/flaky 7 try 1", "/flaky 7 try 2"},
	"callback": {"/hook"},
	"children": {"/ 3"},
	"service": {"/ 1"},
}

ELSEWHERE = ("gc.", "cancel.", "import.", "migrate.")  # upkeep.py, old_databases.py

CHILD = """
main:
  params: [args]
  steps:
    - post:
        call: http.post
        args: {url: "${args.url + \\"/\\"}", body: {n: "${args.n}"}}
        result: r
    - out:
        return: ${r.body.n}
"""

ECHO = """#!/usr/bin/env python3
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
	def log_message(self, *args):
		pass
	def answer(self, body):
		self.send_response(200)
		self.send_header("Content-Type", "application/json")
		self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		self.wfile.write(body)
	def do_GET(self):
		self.answer(b"{}")
	def do_POST(self):
		self.answer(self.rfile.read(int(self.headers["Content-Length"])))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def passings(lab, peer, name, file):
	"""The points that an undisturbed run passes, and how often."""
	log = os.path.join(lab.folder, "passed")
	lab.fresh()
	peer.forget()
	status, out, err = lab.lexflow("run", file, "--quiet", "--id", "calm", "--workflows", ".", "--data",
		json.dumps(peer.url), LEXFLOW_KILL_LOG=log)
	counts = {}
	if not os.path.exists(log):
		return counts, [f"{name}: undisturbed: {status} {out} {err}"]
	with open(log) as lines:
		for line in lines:
			counts[line.strip()] = counts.get(line.strip(), 0) + 1
	os.unlink(log)
	wrong = [] if status == 0 and json.loads(out) == RESULTS[name] else [f"{name}: undisturbed: {status} {out} {err}"]
	return counts, wrong


def chosen(count):
	return range(1, count + 1) if LONG else [(count + 1) // 2]


def die_and_resume(lab, peer, name, file, point, n):
	"""Problems, and whether the process died there at all."""
	lab.fresh()
	peer.forget()
	common = ("--quiet", "--workflows", ".")
	start = ("run", file, *common, "--id", "torn", "--data", json.dumps(peer.url))
	status, out, err = lab.lexflow(*start, LEXFLOW_KILL=f"{point}:{n}")
	died = status == -9
	problems = []
	state = lab.state_of("torn")
	if state is None:
		if peer.times:
			problems.append("calls left, but there is no run")
		status, out, err = lab.lexflow(*start)
	elif state == 0:
		status, out, err = lab.lexflow("resume", "torn", *common)
	else:
		status, out = 0, json.dumps(lab.result_of("torn"))
	if status != 0 or json.loads(out) != RESULTS[name]:
		problems.append(f"ended with {status}: {out.strip()} {err.strip()}")
	problems += [f"{key} left before its announcement" for key in peer.unannounced]
	problems += [f"{about} never arrived" for about in ARRIVALS[name] - set(peer.effects)]
	problems += [f"{about} came with keys {sorted(keys)}" for about, keys in peer.effects.items() if len(keys) > 1]
	problems += [f"a gap in the events of run {row}" for row in lab.gaps()]
	return [f"{name}, {point}:{n}: {problem}" for problem in problems], died


def lab_of(name, text):
	lab, peer = Lab(os.path.join(FAULT_DIR, "lexflow")), Peer()
	peer.database = lab.state
	lab.write("child.yaml", CHILD)
	os.chmod(lab.write("echo-service", ECHO), 0o755)
	os.mkdir(os.path.join(lab.folder, "infra"))
	lab.write("infra/services.yaml",
		f"services:\n- name: echo\n  command: [{lab.folder}/echo-service]\n  concurrency: 1\n")
	return lab, peer, lab.write(f"{name}.yaml", text)


def torture(name):
	"""One definition, all its points: (problems, points met, tried, died, most)."""
	lab, peer, file = lab_of(name, WORKFLOWS[name])
	counts, problems = passings(lab, peer, name, file)
	tried = died = most = 0
	for point, count in sorted(counts.items()):
		for n in chosen(count):
			found, is_dead = die_and_resume(lab, peer, name, file, point, n)
			problems += found
			tried += 1
			died += is_dead
			most = max(most, peer.most())
	lab.remove()
	return problems, set(counts), tried, died, most


def main():
	report = Report("kill points")
	tried = died = most = lost = 0
	met = set()
	with concurrent.futures.ThreadPoolExecutor(3) as pool:
		for name, (problems, points, *numbers) in zip(WORKFLOWS, pool.map(torture, WORKFLOWS)):
			report.demand(f"{name}: the undisturbed result, every call announced, one key each", problems)
			met |= points
			tried, died, most = tried + numbers[0], died + numbers[1], max(most, numbers[2])
			lost += len(problems)
	missed = {point for point in named_points() if not point.startswith(ELSEWHERE)} - met
	report.demand("every named point was passed", [f"{point} was not" for point in sorted(missed)])
	report.figures(points_tried=tried, died_there=died, results_different=lost, most_times_one_effect_was_sent=most)
	report.end()


main()
