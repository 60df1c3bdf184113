#!/usr/bin/env python3
"""Durable effects a second, beside what SQLite and libcurl can do: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--rounds 5] [--programs ../shared/bench] [--past 100000]

Each round measures every row once, in turn; medians and ranges are printed. Then what a start costs in databases of
so many past runs. Skips, saying so, without the measuring programs or a compiler.
"""
import argparse
import os
import pathlib
import re
import resource
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

SLEEPS = 2_000  # effects of one strand
STRANDS, EACH = 64, 200  # strands at once, or runs; effects of each
STARTS = 20  # of each command, in each database of past runs
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
RUN = f"""main:
  params: [n]
  steps:
    - each:
        for:
          value: i
          range: [1, {EACH}]
          steps:
            - wait: {{call: sys.sleep, args: {{seconds: 0}}}}
"""
RUNS = f"""main:
  steps:
    - all:
        call: experimental.executions.map
        args: {{workflow_id: run, arguments: {list(range(STRANDS))}}}
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
    """Something measured once a round: figures per second. Those without a base are what others are held against."""

    def __init__(self, name, measure, base=None):
        self.name, self.measure, self.base, self.figures, self.peak_kib = name, measure, base, [], 0

    def median(self):
        return statistics.median(self.figures)

    def share(self):
        return f"{self.median() / self.base.median():.2f}" if self.base else ""

    def peak(self):
        return f"{self.peak_kib / 1024:.1f}" if self.peak_kib else ""


class Bench:
    def __init__(self, options):
        self.lexflow = pathlib.Path(options.bin).resolve() / "lexflow"
        self.work = pathlib.Path(options.work).resolve()
        self.programs = pathlib.Path(options.programs)
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / "run.yaml").write_text(RUN)
        self.peak_kib = 0

    def compile(self, name, *libraries, folder=None):
        source = (folder or self.programs) / f"{name}.c"
        subprocess.run(["gcc", "-O2", "-w", "-o", str(self.work / name), str(source), *libraries, "-lpthread"], check=True)

    def lexflow_seconds(self, *arguments):
        """Wall time of one command, its memory noted."""
        figures = self.work / "figures"
        done = subprocess.run([str(self.work / "peak"), str(figures), str(self.lexflow), *arguments],
                              stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.exit(f"lexflow {' '.join(arguments)}: exit {done.returncode}")
        took, kib = figures.read_text().split()
        self.peak_kib = max(self.peak_kib, int(kib))
        return float(took)

    def seconds(self, source, *arguments):
        file = self.work / "definition.yaml"
        file.write_text(source)
        return self.lexflow_seconds("run", "-q", str(file), "--state", str(self.work / "state.db"), "--workflows",
                                    str(self.work), *LIFTED, *arguments)

    def rate(self, count, source, *arguments):
        return count / max(self.seconds(source, *arguments) - self.seconds(NOTHING), 1e-9)

    def call_rate(self, count, at_once, url):
        """The time of a run of one call is taken off: libcurl's own time begins when it is loaded, too."""
        data = ["--data", f'"{url}"']
        return count / max(self.seconds(GET % (at_once, count), *data) - self.seconds(GET % (1, 1), *data), 1e-9)

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
    one = Row("SQLite alone, WAL FULL, a row a commit", lambda: bench.commits(1))
    group = Row("SQLite alone, 64 rows a commit", lambda: bench.commits(64))
    some = Row(f"libcurl alone, {AT_ONCE} in flight", lambda: bench.curl(url, AT_ONCE, CALLS))
    fan = Row(f"libcurl alone, {FAN} in flight", lambda: bench.curl(url, FAN, FAN))
    return [
        one,
        Row("one strand, effects", lambda: bench.rate(SLEEPS, ONE), one),
        group,
        Row(f"{STRANDS} strands at once, effects", lambda: bench.rate(STRANDS * EACH, MANY), group),
        Row(f"{STRANDS} runs at once, effects", lambda: bench.rate(STRANDS * EACH, RUNS), group),
        some,
        Row(f"`http.get`, {AT_ONCE} in flight", lambda: bench.call_rate(CALLS, AT_ONCE, url), some),
        fan,
        Row(f"`http.get`, {FAN} in flight", lambda: bench.call_rate(FAN, FAN, url), fan),
    ]


def measure(bench, rounds):
    server, url = start_server(bench)
    try:
        rows = rows_of(bench, url)
        for _ in range(rounds):
            for row in rows:
                bench.peak_kib = 0
                row.figures.append(row.measure())
                row.peak_kib = max(row.peak_kib, bench.peak_kib)
    finally:
        server.kill()
        server.wait()
    print("| a second, journal FULL | median | range | of its limit | peak MB |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {row.median():,.0f} | {min(row.figures):,.0f}-{max(row.figures):,.0f} "
              f"| {row.share()} | {row.peak()} |")
    print(f"\n{FAN} calls at once: {FAN / rows[-1].median() * 1000:.0f} ms, libcurl alone "
          f"{FAN / rows[-2].median() * 1000:.0f} ms.")


# ---- past runs


def copy_run(database, count):
    """All rows of the one run that is there, again under other ids, until there are so many runs."""
    with sqlite3.connect(database) as db:
        def columns(table, changed):
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "position"]
            return ",".join(names), ",".join(changed.get(name, name) for name in names)

        into, taken = columns("runs", {"row": "i", "id": "'past-' || i"})
        db.execute(f"WITH RECURSIVE t(i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM t WHERE i < {count}) "
                   f"INSERT INTO runs ({into}) SELECT {taken} FROM t, (SELECT * FROM runs WHERE row = 1)")
        into, taken = columns("events", {"run": "r.row"})
        db.execute(f"INSERT INTO events ({into}) SELECT {taken} FROM runs r, "
                   f"(SELECT * FROM events WHERE run = 1) WHERE r.row > 1")
    db.close()


def start_ms(bench, *arguments):
    return statistics.median(bench.lexflow_seconds(*arguments) for _ in range(STARTS)) * 1000


def measure_past(bench, most):
    definition = bench.work / "nothing.yaml"
    definition.write_text(NOTHING)
    print("\n| past runs | `run` ms | `list` ms | `show last` ms | database MB |\n|---|---|---|---|---|")
    count = 10
    while count <= most:
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            state = ["--state", f"{folder}/state.db"]
            bench.lexflow_seconds("run", "-q", str(definition), *state)
            copy_run(f"{folder}/state.db", count)
            figures = [start_ms(bench, "run", "-q", str(definition), *state), start_ms(bench, "list", *state),
                       start_ms(bench, "show", "last", *state)]
            size = os.path.getsize(f"{folder}/state.db") / 1e6
        print(f"| {count:,} | " + " | ".join(f"{figure:.1f}" for figure in figures) + f" | {size:.1f} |")
        count *= 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", default="../shared/bench")
    parser.add_argument("--past", type=int, default=100_000, help="past runs at the most; 0: not measured")
    options = parser.parse_args()
    bench = Bench(options)
    if not (bench.programs / "sqlite_tps.c").exists():
        print(f"bench-durable: skipped, no measuring programs at {bench.programs}")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    bench.compile("peak", folder=pathlib.Path(__file__).parent)
    bench.compile("sqlite_tps", "-lsqlite3")
    bench.compile("curl_multi", "-lcurl")
    bench.compile("mhd_hello", "-lmicrohttpd")
    measure(bench, options.rounds)
    measure_past(bench, options.past)
    return 0


if __name__ == "__main__":
    sys.exit(main())
