#!/usr/bin/env python3
"""classify and extract as services under a steady load, and their threads: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--texts FOLDER] [--rate 200] [--seconds 20] [--rounds 5] [--documents 300]

Requests come at their times whether or not those before them were answered (open loop), and a latency counts from
the time a request was due: a service that falls behind cannot hide it. Needs two cores and taskset.
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import re
import resource
import signal
import statistics
import subprocess
import sys
import time

WORDS = 4000
WARM_UP_S = 5  # models are compiled when the first document of a type comes


def sample_texts(binaries, work):
    """The texts of the sample decisions, by ingest."""
    root = pathlib.Path(__file__).resolve().parents[3]
    store = work / "documents"
    out = subprocess.run([binaries / "ingest", "--documents", str(store), str(root / "tests/samples/decisions")],
                         check=True, capture_output=True, text=True).stdout
    paths = [json.loads(line)["text_uri"][len("file://"):] for line in out.splitlines()]
    return [pathlib.Path(path).read_text(encoding="utf-8") for path in paths]


def documents(texts, count):
    """`count` records of WORDS words: real texts cut there, or several put behind each other."""
    records = []
    for i in range(count):
        text, more = texts[i % len(texts)], i
        while len(text.split()) < WORDS:
            more += 1
            text += "\n\n" + texts[more % len(texts)]
        end = [match.end() for match in re.finditer(r"\S+", text)][WORDS - 1]
        records.append({"id": f"d{i}", "text": text[:end]})
    return records


def run_filter(program, jobs, cores, source, target):
    """Seconds on the clock and of CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    with open(source, "rb") as stdin, open(target, "wb") as stdout:
        subprocess.run(["taskset", "-c", cores, str(program), "-j", str(jobs)], stdin=stdin, stdout=stdout,
                       stderr=subprocess.DEVNULL, check=True)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Service:
    """A step with --serve on core 0."""

    def __init__(self, program, log):
        self.log = open(log, "w+b")
        self.process = subprocess.Popen(["taskset", "-c", "0", str(program), "--serve", "--port", "0", "--log", "json"],
                                        stderr=self.log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(rb'"port":(\d+)', pathlib.Path(log).read_bytes())
            if found:
                self.port = int(found[1])
                return
            time.sleep(0.05)
        raise SystemExit(f"{program} does not listen")

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self):
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) / 1024

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.log.close()


class Caller:
    """Keep-alive connections to a service, one for each request under way."""

    def __init__(self, port):
        self.port, self.idle = port, []

    async def post(self, body):
        """The answer's body; an answer that is no 200 is an error."""
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                     % len(body) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n")[0].decode())
        self.idle.append((reader, writer))
        return answer

    def end(self):
        for _, writer in self.idle:
            writer.close()


async def drive(work, rate, seconds):
    """Calls `work(i)` at `rate` a second, at times drawn as of strangers (Poisson). Latencies in ms, and failures."""
    draw = random.Random(1)
    latencies, failures, tasks = [], [], []

    async def one(i, due):
        try:
            await work(i)
            if due > WARM_UP_S:
                latencies.append((time.monotonic() - begin - due) * 1e3)
        except Exception as error:  # pylint: disable=broad-except
            failures.append(str(error))

    begin, due, i = time.monotonic(), 0.0, 0
    while due < seconds + WARM_UP_S:
        due += draw.expovariate(rate)
        await asyncio.sleep(max(0, begin + due - time.monotonic()))
        tasks.append(asyncio.create_task(one(i, due)))
        i += 1
    await asyncio.gather(*tasks)
    return sorted(latencies), failures


def percentile(ordered, p):
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]


def row(name, result, services, before, asked):
    latencies, failures = result
    cpu = sum(s.cpu_s() for s in services) - before
    memory = ", ".join(f"{s.peak_mb():.0f}" for s in services)
    print(f"| {name} | {percentile(latencies, 50):.1f} | {percentile(latencies, 95):.1f} | {percentile(latencies, 99):.1f}"
          f" | {latencies[-1]:.1f} | {cpu / asked * 1e3:.2f} | {memory} | {len(failures)} |", flush=True)
    for text in sorted(set(failures))[:3]:
        print(f"  failed: {text}", file=sys.stderr)
    return percentile(latencies, 99)


def measure_services(args, records):
    classify = Service(args.bin / "classify", args.work / "classify.log")
    extract = Service(args.bin / "extract", args.work / "extract.log")
    plain = [json.dumps(record).encode() for record in records]
    out = subprocess.run([args.bin / "classify"], input=b"\n".join(plain), capture_output=True, check=True).stdout
    typed = out.splitlines()
    worst = 0

    async def load(name, bodies, services):
        nonlocal worst
        callers = [Caller(service.port) for service in services]

        async def work(i):
            answer = bodies[i % len(bodies)]
            for caller in callers:
                answer = await caller.post(answer)

        before = sum(s.cpu_s() for s in services)
        result = await drive(work, args.rate, args.seconds)
        worst = max(worst, row(name, result, services, before, len(result[0]) * (1 + WARM_UP_S / args.seconds)))
        for caller in callers:
            caller.end()

    print(f"\n{args.rate} requests a second for {args.seconds} s, {WORDS} words each, the services on one core\n")
    print("| service | p50 ms | p95 ms | p99 ms | worst ms | CPU ms a request | peak MB | failed |\n|---|---|---|---|---|---|---|---|")
    try:
        asyncio.run(load("classify", plain, [classify]))
        asyncio.run(load("extract", typed, [extract]))
        asyncio.run(load("classify, then extract, on the same core", plain, [classify, extract]))
    finally:
        classify.end()
        extract.end()
    return worst


def measure_filters(args, records):
    plain, typed = args.work / "plain.jsonl", args.work / "typed.jsonl"
    plain.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    run_filter(args.bin / "classify", 2, "0,1", plain, typed)
    print(f"\n{len(records)} documents of {WORDS} words through the filters, medians of {args.rounds} rounds\n")
    print("| filter | 1 thread s | 2 threads s | times | CPU ms a document |\n|---|---|---|---|---|")
    for name, source in (("classify", plain), ("extract", typed)):
        one, two = [], []
        for _ in range(args.rounds):  # in turn, so that the machine's mood is shared
            one.append(run_filter(args.bin / name, 1, "0,1", source, os.devnull))
            two.append(run_filter(args.bin / name, 2, "0,1", source, os.devnull))
        walls = [statistics.median(wall for wall, _ in runs) for runs in (one, two)]
        cpu = statistics.median(cpu for _, cpu in one) / len(records) * 1e3
        print(f"| {name} | {walls[0]:.3f} | {walls[1]:.3f} | {walls[0] / walls[1]:.2f} | {cpu:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=pathlib.Path, help="folder of texts to take documents of; the samples without")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=300)
    args = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("bench-services: needs two cores")
    args.bin = args.bin.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_STATE_HOME"] = str(args.work.resolve() / "state")
    if args.texts:
        found = sorted(path.read_text(encoding="utf-8", errors="replace") for path in args.texts.rglob("*.txt"))
        texts = [text for text in found if len(text.split()) >= WORDS] or found
    else:
        texts = sample_texts(args.bin, args.work)
    records = documents(texts, args.documents)
    print(f"load of the machine before: {os.getloadavg()[0]:.2f}")
    measure_filters(args, records)
    os.sched_setaffinity(0, {1})  # who asks has a core of its own
    measure_services(args, records)


if __name__ == "__main__":
    main()
