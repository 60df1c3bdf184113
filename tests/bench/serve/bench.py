#!/usr/bin/env python3
"""lexflow serve under load: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--seconds 4] [--rounds 5] [--executions 100000]

Needs wrk (Debian) and a C compiler; says so and ends when they are not there.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PARENT = "/v1/projects/p/locations/l/workflows/hello/executions"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def post(url, body=b"{}"):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class Server:
    """lexflow serve on a database; ready_s is the time from its start to its first answer."""

    def __init__(self, args, state):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [args.bin / "lexflow", "serve", "-q", "--port", str(self.port), "--state", str(state), "--workflows",
             str(args.work / "definitions")], stderr=subprocess.DEVNULL)
        while True:
            try:
                get(self.url + "/healthz")
                break
            except OSError:
                time.sleep(0.001)
        self.ready_s = time.monotonic() - begin

    def figure(self, name):
        for line in get(self.url + "/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise KeyError(name)

    def resident_mb(self):
        return self.figure("lexflow_resident_memory_bytes") / 1e6

    def ended(self):
        return self.figure('lexflow_runs_ended_total{state="SUCCEEDED"}')

    def wait_for(self, count):
        while self.ended() < count:
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0


def wrk(url, seconds, connections, script=None):
    """Requests a second, and the 99th percentile of latency in ms."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    if script:
        command[1:1] = ["-s", str(script)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    scale = {"us": 0.001, "ms": 1, "s": 1000}[p99.group(2)]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), float(p99.group(1)) * scale


def row(title, values, limit=None, form="{:,.0f}"):
    median = statistics.median(values)
    share = f"{median / limit:.2f}" if limit else ""
    print(f"| {title} | {form.format(median)} | {form.format(min(values))}-{form.format(max(values))} | {share} |", flush=True)
    return median


def status_requests(args, server):
    """One execution asked for again and again, beside the same bytes from libmicrohttpd alone."""
    execution = post(server.url + PARENT)["name"]
    time.sleep(0.5)
    answer = args.work / "answer.json"
    answer.write_text(get(f"{server.url}/v1/{execution}"))
    hello = args.work / "hello"
    subprocess.run(["cc", "-O2", "-o", hello, HERE / "hello.c", "-lmicrohttpd"], check=True)
    port = free_port()
    bare = subprocess.Popen([hello, str(port), str(answer)], stdout=subprocess.PIPE)
    bare.stdout.readline()
    limits, ours, p99s = [], [], []
    for _ in range(args.rounds):
        limits.append(wrk(f"http://127.0.0.1:{port}/", args.seconds, 64)[0])
        ours.append(wrk(f"{server.url}/v1/{execution}", args.seconds, 64)[0])
        p99s.append(wrk(f"{server.url}/v1/{execution}", args.seconds, 8)[1])
    bare.kill()
    limit = row("libmicrohttpd alone, the same bytes", limits)
    row("status of an execution", ours, limit)
    row("status, 8 connections: 99th percentile, ms", p99s, form="{:.2f}")


def executions(args, server):
    """Created by POST, run, ended on disk: counted by the server when the last one has ended."""
    rates, p99s = [], []
    for _ in range(args.rounds):
        begin, before = time.monotonic(), server.ended()
        wrk(server.url + PARENT, args.seconds, 64, HERE / "post.lua")
        made = server.figure("lexflow_executions_created_total")
        while server.ended() < made:
            time.sleep(0.005)
        rates.append((server.ended() - before) / (time.monotonic() - begin))
        p99s.append(wrk(server.url + PARENT, args.seconds, 8, HERE / "post.lua")[1])
    row("executions made, run and ended on disk", rates)
    row("the same, 8 connections: 99th percentile of POST, ms", p99s, form="{:.2f}")


def growth(args):
    """Memory after so many executions in one process, and what a start among them costs."""
    state = args.work / "growth.db"
    server = Server(args, state)
    before = server.resident_mb()
    lines = [f"new: ready in {server.ready_s * 1000:.0f} ms, {before:.1f} MB"]
    for wanted in (args.executions // 10, args.executions // 2, args.executions):
        while server.figure("lexflow_executions_created_total") < wanted:
            left = wanted - server.figure("lexflow_executions_created_total")
            wrk(server.url + PARENT, 1 if left < 20000 else 3, 64, HERE / "post.lua")
        server.wait_for(server.figure("lexflow_executions_created_total"))
        lines.append(f"{server.ended():,.0f} executions ended: {server.resident_mb():.1f} MB")
        if wanted == args.executions // 10:
            server.stop()
            server = Server(args, state)
            lines.append(f"started again among them: ready in {server.ready_s * 1000:.0f} ms, {server.resident_mb():.1f} MB")
    server.stop()
    print("\n" + "\n".join("- " + line for line in lines))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--executions", type=int, default=100000)
    args = parser.parse_args()
    for program in ("wrk", "cc"):
        if not shutil.which(program):
            sys.exit(f"skipped: {program} is not installed (apt-get install wrk gcc)")
    shutil.rmtree(args.work, ignore_errors=True)
    (args.work / "definitions").mkdir(parents=True)
    (args.work / "definitions" / "hello.yaml").write_text("main:\n  steps:\n    - greet: {assign: [{x: 1}]}\n"
                                                          "    - done: {return: \"${x + 1}\"}\n")
    args.bin = args.bin.resolve()
    os.environ["XDG_STATE_HOME"] = str(args.work / "state")
    os.environ.pop("LEXFLOW_STATE", None)
    print(f"load {os.getloadavg()[0]:.1f}, {args.rounds} rounds of {args.seconds} s\n")
    print("| a second | median | range | of the row above |\n|---|---|---|---|")
    server = Server(args, args.work / "status.db")
    status_requests(args, server)
    executions(args, server)
    server.stop()
    growth(args)


main()
