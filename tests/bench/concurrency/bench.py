#!/usr/bin/env python3
"""The concurrency comparison: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--rounds 5] [--svg FILE] [--shared ../shared/bench]

Prints a table of medians and ranges, writes FOLDER/results.json, and draws FILE.
"""
import argparse
import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
import chart  # noqa: E402 (beside this file)

HERE = pathlib.Path(__file__).resolve().parent
TRAIN, WORK, DELAY_MS = 1000, 200, 50
MODES = ["sequential", "threads", "asyncio", "hybrid"]
OURS, WARM = "lexflow", "lexflow, services up"


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(pid):
    """Seconds of CPU of a running process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def python_with_sklearn():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import sklearn"], capture_output=True).returncode == 0:
            return python
    return None


def start_storage(shared, port):
    storage = subprocess.Popen([sys.executable, shared / "storage.py", str(port), str(DELAY_MS)])
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return storage
        time.sleep(0.02)
    storage.kill()
    sys.exit("bench: the storage service does not answer")


class Ours:
    """Our side: a model, the texts in a document store, a list of services, a workflow."""

    def __init__(self, bin_folder, work, port):
        self.bin, self.work = bin_folder, work
        self.model = work / "labels.model"
        self.documents = work / "documents"
        self.database = work / "decisions.db"
        self.services = work / "services.yaml"
        self.commands = commands = {
            "classify": ["classify", "--serve", "--model", self.model],
            "extract": ["extract", "--serve", "--models", HERE / "extract"],
            "store": ["store", "--serve", "--database", self.database, "--sink", f"http://127.0.0.1:{port}/store"],
        }
        self.services.write_text("services:\n" + "".join(
            f"- name: {name}\n  command: {json.dumps([str(word) for word in command])}\n"
            f"  environment:\n    DOCUMENT_STORE:\n" for name, command in commands.items()))

    def environment(self):
        return {**os.environ, "DOCUMENT_STORE": str(self.documents), "XDG_STATE_HOME": str(self.work / "state")}

    def train(self, docs):
        index = self.work / "train.jsonl"
        index.write_text("".join(json.dumps({"doc_type": d["label"], "text": d["text"]}) + "\n" for d in docs))
        subprocess.run([self.bin / "classify", "train", "--labels", index, "--output", self.model], check=True,
                       stdout=subprocess.DEVNULL)

    def put_documents(self, docs):
        """What ingest leaves behind: each text under its SHA-256."""
        hashes = []
        for doc in docs:
            text = doc["text"].encode()
            name = hashlib.sha256(text).hexdigest()
            file = self.documents / name[:2] / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
            hashes.append(name)
        (self.work / "argument.json").write_text(
            json.dumps({"store": f"file://{self.documents}", "documents": hashes}))
        (self.work / "records.jsonl").write_text("".join(
            json.dumps({"id": name[:32], "source": name, "text_uri": f"file://{self.documents}/{name[:2]}/{name}",
                        "tasks": ["doc_type"]}) + "\n" for name in hashes))

    def clean(self):
        for old in self.work.glob("decisions.db*"):
            old.unlink()
        shutil.rmtree(self.work / "state", ignore_errors=True)

    def check_result(self, done):
        if done.returncode != 0 or json.loads(done.stdout) != WORK:
            sys.exit(f"bench: lexflow run ended with {done.returncode}: {done.stdout} {done.stderr[-2000:]}")
        self.check_delivered()

    def run(self):
        """Wall and CPU seconds of one run, the start of every process of it included."""
        self.clean()
        command = [self.bin / "lexflow", "run", HERE / "workflow.yaml", "--data", f"@{self.work / 'argument.json'}",
                   "--services", self.services, "--state", self.work / "state" / "runs.db", "--quiet"]
        cpu, begin = cpu_of_children(), time.perf_counter()
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        wall, cpu = time.perf_counter() - begin, cpu_of_children() - cpu
        self.check_result(done)
        return wall, cpu

    def start_services(self):
        """The three services on ports of their own, healthy: what a deployment, or a second run, finds."""
        services, urls = [], []
        for name, command in self.commands.items():
            port = free_port()
            services.append(subprocess.Popen([self.bin / command[0], *command[1:]],
                                             env={**self.environment(), "PORT": str(port)}, stderr=subprocess.DEVNULL))
            urls += ["--env", f"{name.upper()}_URL=http://127.0.0.1:{port}/"]
            for _ in range(500):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.01)
        return services, urls

    def run_warm(self):
        """The same with the services running before the clock, as Python's model is loaded before its own. The
        clock stops when `store` has delivered everything and ended."""
        self.clean()
        before = cpu_of_children()
        services, urls = self.start_services()
        loading = sum(cpu_of(service.pid) for service in services)
        command = [self.bin / "lexflow", "run", HERE / "workflow.yaml", "--data", f"@{self.work / 'argument.json'}",
                   *urls, "--state", self.work / "state" / "runs.db", "--quiet"]
        begin = time.perf_counter()
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        services[-1].send_signal(signal.SIGTERM)
        services[-1].wait()
        wall = time.perf_counter() - begin
        for service in services[:-1]:
            service.terminate()
            service.wait()
        self.check_result(done)
        return wall, cpu_of_children() - before - loading

    def check_delivered(self):
        left = subprocess.run([self.bin / "store", "outbox", "--database", self.database, "--format", "json"],
                              env=self.environment(), capture_output=True, text=True, check=True).stdout
        if [line for line in left.splitlines() if line.strip() not in ("", "[]")]:
            sys.exit(f"bench: not everything was delivered: {left[:500]}")

    def chain(self):
        """Seconds of one document alone: classify, extract, and the answer of the storage service."""
        used = 0.0
        lines = (self.work / "records.jsonl").read_bytes()
        for step in (["classify", "--model", self.model], ["extract", "--models", HERE / "extract"]):
            cpu = cpu_of_children()
            lines = subprocess.run([self.bin / step[0], *step[1:], "-j", "1"], env=self.environment(), input=lines,
                                   stdout=subprocess.PIPE, check=True).stdout
            used += cpu_of_children() - cpu
        return used / WORK + DELAY_MS / 1000


def python_round(python, shared, work, port, modes):
    """{mode: (wall, cpu, the rest of its line)}"""
    out = subprocess.run([python, shared / "concurrency.py", work, str(port), ",".join(modes)], check=True,
                         capture_output=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        mode, *fields = line.split()
        numbers = dict(field.split("=") for field in fields if "=" in field)
        found[mode] = {name: float(value) for name, value in numbers.items()}
    return found


def summary(samples):
    return {"median": statistics.median(samples), "min": min(samples), "max": max(samples)}


def measure(options, python, work):
    port = free_port()
    docs = [json.loads(line) for line in (work / "docs.jsonl").open()]
    ours = Ours(options.bin.resolve(), work, port)
    ours.train(docs[:TRAIN])
    ours.put_documents(docs[TRAIN:TRAIN + WORK])
    cores = os.cpu_count()
    storage = start_storage(options.shared, port)
    wall, cpu = {mode: [] for mode in [*MODES, OURS, WARM]}, {mode: [] for mode in [*MODES, OURS, WARM]}
    try:
        alone = python_round(python, options.shared, work, port, ["cpu-only"])["cpu-only"]
        for number in range(options.rounds):
            for mode, numbers in python_round(python, options.shared, work, port, MODES).items():
                wall[mode].append(numbers["wall"])
                cpu[mode].append(numbers["cpu"])
            for mode, used in ((OURS, ours.run()), (WARM, ours.run_warm())):
                wall[mode].append(used[0])
                cpu[mode].append(used[1])
            print(f"round {number + 1}: " + ", ".join(f"{mode} {wall[mode][-1]:.3f} s" for mode in wall), flush=True)
        chain = ours.chain()
    finally:
        storage.kill()
        storage.wait()
    return {
        "documents": WORK, "cores": cores, "delay_ms": DELAY_MS, "rounds": options.rounds,
        "wall": {mode: summary(samples) for mode, samples in wall.items()},
        "cpu": {mode: summary(samples) for mode, samples in cpu.items()},
        "bound": {"python": max(alone["cpu"] / cores, alone["longest_chain_s"]),
                  OURS: max(statistics.median(cpu[OURS]) / cores, chain),
                  WARM: max(statistics.median(cpu[WARM]) / cores, chain)},
        "chain": {"python": alone["longest_chain_s"], OURS: chain, WARM: chain},
    }


def report(results):
    best = min(MODES, key=lambda mode: results["wall"][mode]["median"])
    print(f"\n{'':20} {'wall s (range)':>26} {'CPU s':>8} {'documents/s':>12}")
    for mode, wall in results["wall"].items():
        print(f"{mode:20} {wall['median']:8.3f} ({wall['min']:.3f}-{wall['max']:.3f})".ljust(48)
              + f"{results['cpu'][mode]['median']:8.3f} {results['documents'] / wall['median']:12.0f}")
    for side, bound in results["bound"].items():
        print(f"lower bound, {side}: {bound:.3f} s (longest chain {results['chain'][side]:.3f} s)")
    for mode in (OURS, WARM):
        ours = results["wall"][mode]["median"]
        print(f"{mode}: {results['wall'][best]['median'] / ours:.2f} times as fast as the best of them ({best}), at"
              f" {ours / results['bound'][mode]:.2f} times its own lower bound")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--svg", type=pathlib.Path, default=HERE.parent / "concurrency.svg")
    parser.add_argument("--shared", type=pathlib.Path, default=HERE.parents[3] / "shared" / "bench")
    options = parser.parse_args()
    if not (options.shared / "concurrency.py").exists():
        print(f"bench-concurrency: skipped, the measuring programs are not at {options.shared}")
        return
    python = python_with_sklearn()
    if not python:
        print("bench-concurrency: skipped, it needs scikit-learn (apt-get install python3-sklearn)")
        return
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "docs.jsonl").exists():
        subprocess.run([python, options.shared / "make_corpus.py", work, str(TRAIN + WORK)], check=True)
    results = measure(options, python, work)
    (work / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    report(results)
    options.svg.write_text(chart.draw(results, OURS, WARM))
    print(f"chart: {options.svg}")


if __name__ == "__main__":
    main()
