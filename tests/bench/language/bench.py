#!/usr/bin/env python3
"""The language's speed: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--rounds 7] [--starts 200]

Prints tables of medians; everything that is compared runs in turn, in one run of this program.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import sys
import time

sys.dont_write_bytecode = True
import definitions  # noqa: E402 (beside this file)

ROUNDS = 1_000_000
LENGTHS = (5_000, 10_000, 20_000, 40_000)
LIFTED = ["--limit", "steps=off", "--limit", "memory_bytes=off", "--limit", "string_bytes=off"]
PYTHON_LOOP = f"i = 0\nwhile True:\n    i = i + 1\n    if not i < {ROUNDS}:\n        break\n"


class Timed:
    """A command that is run again and again; `before` is called outside of the clock."""

    def __init__(self, name, command, before=None):
        self.name, self.command, self.before = name, [str(word) for word in command], before
        self.wall, self.cpu = [], []

    def run(self):
        if self.before:
            self.before()
        null = os.open(os.devnull, os.O_RDWR)
        begin = time.perf_counter()
        pid = os.posix_spawn(self.command[0], self.command, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
        _, status, used = os.wait4(pid, 0)
        self.wall.append(time.perf_counter() - begin)
        self.cpu.append(used.ru_utime + used.ru_stime)
        os.close(null)
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{' '.join(self.command)}: exit {os.waitstatus_to_exitcode(status)}")

    def median(self):
        return statistics.median(self.wall)


def in_turn(commands, rounds):
    for command in commands:
        command.run()  # once for the page cache
        command.wall.clear()
        command.cpu.clear()
    for _ in range(rounds):
        for command in commands:
            command.run()
    return commands


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def table(*names):
    print()
    row(*names)
    row(*["---"] * len(names))


def ms(seconds):
    return f"{seconds * 1000:.2f}"


class Bench:
    def __init__(self, bin_folder, work):
        self.bin, self.work = bin_folder.resolve(), work.resolve()
        self.lexflow = self.bin / "lexflow"

    def write(self, name, text):
        path = self.work / f"{name}.yaml"
        path.write_text(text)
        return path

    def forget(self):
        shutil.rmtree(self.work / "fresh", ignore_errors=True)

    def starts(self, count):
        nothing = self.write("nothing", definitions.nothing())
        commands = [Timed("/bin/true", ["/bin/true"]),
                    Timed("lexflow run, a state database there", [self.lexflow, "run", "-q", nothing]),
                    Timed("lexflow run, a new state database",
                          [self.lexflow, "run", "-q", nothing, "--state", self.work / "fresh/state.db"], self.forget)]
        commands += [Timed(f"{name} --version", [self.bin / name, "--version"])
                     for name in ("lexflow", "ingest", "classify", "extract", "store")]
        table("start to exit", "ms", "of /bin/true", "least, ms")
        for command in in_turn(commands, count):
            row(command.name, ms(command.median()), f"{command.median() / commands[0].median():.2f}",
                ms(min(command.wall)))

    def steps(self, rounds):
        jump = self.write("rounds", definitions.rounds(ROUNDS))
        commands = [Timed("lexflow run", [self.lexflow, "run", "-q", jump, "--limit", "steps=off"]),
                    Timed("python3, the same loop", ["/usr/bin/python3", "-c", PYTHON_LOOP])]
        table(f"{ROUNDS:,} rounds of assign, switch and jump", "wall s", "CPU s", "steps/s")
        for command in in_turn(commands, rounds):
            row(command.name, f"{command.median():.3f}", f"{statistics.median(command.cpu):.3f}",
                f"{2 * ROUNDS / command.median():,.0f}")

    def growths(self, rounds):
        table("growth in a loop", *[f"{length:,}: CPU ms" for length in LENGTHS], "ns an item, last")
        for name, (start, target, value) in definitions.GROWTHS.items():
            self.growth(rounds, name, [definitions.growth(length, start, target, value) for length in LENGTHS])
        self.growth(rounds, "64 shared lists in parallel, items in all",
                    [definitions.shared_lists(64, length // 64) for length in LENGTHS])

    def growth(self, rounds, name, texts):
        paths = [self.write(f"growth-{length}", text) for length, text in zip(LENGTHS, texts)]
        commands = [Timed(name, [self.lexflow, "run", "-q", path, *LIFTED]) for path in paths]
        empty = Timed("nothing", [self.lexflow, "run", "-q", self.work / "nothing.yaml"])
        in_turn([empty, *commands], rounds)
        used = [statistics.median(command.cpu) - statistics.median(empty.cpu) for command in commands]
        row(name, *[f"{seconds * 1000:.1f}" for seconds in used], f"{used[-1] / LENGTHS[-1] * 1e9:.0f}")

    def literals(self, rounds):
        path = self.write("literal", definitions.literal(20_000))
        commands = [Timed("lexflow run", [self.lexflow, "run", "-q", path]),
                    Timed("lexflow check", [self.lexflow, "check", path])]
        table("a literal list of 20,000 items, start to exit", "wall ms", "CPU ms")
        for command in in_turn(commands, rounds):
            row(command.name, ms(command.median()), ms(statistics.median(command.cpu)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--starts", type=int, default=200)
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    os.environ["XDG_STATE_HOME"] = str(options.work.resolve() / "state")
    os.environ.pop("LEXFLOW_STATE", None)
    bench = Bench(options.bin, options.work)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {options.rounds} runs, "
          f"of {options.starts} for starts")
    bench.starts(options.starts)
    bench.steps(options.rounds)
    bench.growths(options.rounds)
    bench.literals(options.rounds)


if __name__ == "__main__":
    main()
