#!/usr/bin/env python3
"""Durable effects a second, beside what SQLite and libcurl can do: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--rounds 5] [--programs ../shared/bench]

Each round measures every row once, in turn; medians and ranges are printed. Skips, saying so, without the
measuring programs or a compiler.
"""
import argparse
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import time

SLEEPS = 2_000  # effects of one strand
STRANDS, EACH = 64, 200  # strands at once, effects of each
CALLS, AT_ONCE, FAN = 4_000, 64, 1_000

ONE = f"""main:
  steps:
    - each:
        for:
          value: i
          range: [1, {SLEEPS}]
          steps:
            - wait: {{call: sys.sleep, args: {{seconds: 0}}}}
"""
MANY = f"""main:
  steps:
    - all:
        parallel:
          for:
            value: s
            range: [1, {STRANDS}]
            steps:
              - each:
                  for:
                    value: i
                    range: [1, {EACH}]
                    steps:
                      - wait: {{call: sys.sleep, args: {{seconds: 0}}}}
"""
GET = """main:
  params: [url]
  steps:
    - all:
        parallel:
          concurrency_limit: %d
          for:
            value: i
            range: [1, %d]
            steps:
              - get: {call: http.get, args: {url: "${url}"}}
"""
NOTHING = "main:\n  steps:\n    - end: {return: 1}\n"
LIFTED = ["--limit", "steps=off", "--limit", "parallel_branches=off", "--limit", "memory_bytes=off"]


class Row:
    """Something measured once a round: figures per second."""

    def __init__(self, name, measure):
        self.name, self.measure, self.figures = name, measure, []

    def median(self):
        return statistics.median(self.figures)


class Bench:
    def __init__(self, options):
        self.lexflow = pathlib.Path(options.bin).resolve() / "lexflow"
        self.work = pathlib.Path(options.work).resolve()
        self.programs = pathlib.Path(options.programs)
        self.work.mkdir(parents=True, exist_ok=True)
        self.peak_kib = 0

    def compile(self, name, *libraries):
        subprocess.run(["gcc", "-O2", "-w", "-o", str(self.work / name), str(self.programs / f"{name}.c"),
                        *libraries, "-lpthread"], check=True)

    def seconds(self, source, *arguments):
        """Wall time of a run, its memory noted."""
        file = self.work / "definition.yaml"
        file.write_text(source)
        command = [str(self.lexflow), "run", "-q", str(file), "--state", str(self.work / "state.db"), *LIFTED,
                   *arguments]
        begin = time.perf_counter()
        done = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(done.pid, 0)
        took = time.perf_counter() - begin
        done.returncode = os.waitstatus_to_exitcode(status)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}")
        self.peak_kib = max(self.peak_kib, used.ru_maxrss)
        return took

    def rate(self, count, source, *arguments):
        return count / max(self.seconds(source, *arguments) - self.seconds(NOTHING), 1e-9)

    def commits(self, rows):
        out = subprocess.run([str(self.work / "sqlite_tps"), str(self.work / "raw.db"), "full", str(rows), "1"],
                             check=True, capture_output=True, text=True).stdout
        return float(re.search(r"rows/s[= ]+([\d.]+)", out)[1])

    def curl(self, url, at_once, total):
        out = subprocess.run([str(self.work / "curl_multi"), url, str(at_once), str(total)], check=True,
                             capture_output=True, text=True).stdout
        return float(re.search(r"req/s=(\d+)", out)[1])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_server(bench):
    port = free_port()
    server = subprocess.Popen([str(bench.work / "mhd_hello"), str(port), "1"], stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, f"http://127.0.0.1:{port}/"
        time.sleep(0.05)
    sys.exit("the server did not start")


def rows_of(bench, url):
    data = ["--data", f'"{url}"']
    return [
        Row("SQLite alone, WAL FULL, a row a commit", lambda: bench.commits(1)),
        Row("one strand, effects", lambda: bench.rate(SLEEPS, ONE)),
        Row("SQLite alone, 64 rows a commit", lambda: bench.commits(64)),
        Row(f"{STRANDS} strands at once, effects", lambda: bench.rate(STRANDS * EACH, MANY)),
        Row(f"libcurl alone, {AT_ONCE} in flight", lambda: bench.curl(url, AT_ONCE, CALLS)),
        Row(f"http.get, {AT_ONCE} in flight", lambda: bench.rate(CALLS, GET % (AT_ONCE, CALLS), *data)),
        Row(f"libcurl alone, {FAN} in flight", lambda: bench.curl(url, FAN, FAN)),
        Row(f"http.get, {FAN} in flight", lambda: bench.rate(FAN, GET % (FAN, FAN), *data)),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", default="../shared/bench")
    options = parser.parse_args()
    bench = Bench(options)
    if not (bench.programs / "sqlite_tps.c").exists():
        print(f"bench-durable: skipped, no measuring programs at {bench.programs}")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    bench.compile("sqlite_tps", "-lsqlite3")
    bench.compile("curl_multi", "-lcurl")
    bench.compile("mhd_hello", "-lmicrohttpd")
    server, url = start_server(bench)
    try:
        rows = rows_of(bench, url)
        for _ in range(options.rounds):
            for row in rows:
                row.figures.append(row.measure())
    finally:
        server.kill()
        server.wait()
    print("| a second, journal FULL | median | range | of the row above |\n|---|---|---|---|")
    for i, row in enumerate(rows):
        share = f"{row.median() / rows[i - 1].median():.2f}" if i % 2 else ""
        print(f"| {row.name} | {row.median():,.0f} | {min(row.figures):,.0f}-{max(row.figures):,.0f} | {share} |")
    print(f"\npeak memory of lexflow: {bench.peak_kib / 1024:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
