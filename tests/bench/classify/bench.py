#!/usr/bin/env python3
"""The speed of classify beside scikit-learn: tests/bench/README.md says what is measured.

    bench.py --bin BIN --work FOLDER [--corpus ../shared/corpus] [--rounds 7]

Both learn from the training documents of the collection and are given the same texts, whole and cut to 6,000 bytes,
on one thread; the clocks are those of the process's CPU, and the two take turns.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

SIZE = 6000
COPIES = 3  # of the documents: enough to measure, too many for a cache
SETTINGS = ["--head-weight", "2", "--folds", "5"]


def texts_of(corpus, split):
    for line in open(corpus / "index.jsonl", encoding="utf-8"):
        record = json.loads(line)
        if record["split"] == split:
            yield record["doc_type"], (corpus / record["file"]).read_bytes()


def write_index(path, texts):
    with open(path, "w", encoding="utf-8") as out:
        for label, text in texts:
            out.write(json.dumps({"doc_type": label, "text": text.decode("utf-8", "replace")}) + "\n")


class Ours:
    """`classify evaluate` times the scoring of texts that it holds in memory, and nothing else."""

    name = "classify"

    def __init__(self, options, root, work):
        self.program, self.model = options.bin / "classify", work / "types.model"
        subprocess.run([self.program, "train", "--labels", options.corpus / "index.jsonl", "--labels",
                        root / "steps/classify/genres.jsonl", "--texts", options.corpus / "decisions", "--split", "train",
                        "--rules", root / "steps/classify/decision_types.yaml", *SETTINGS, "--output", self.model],
                       check=True, stdout=subprocess.DEVNULL)

    def seconds(self, index, _texts):
        said = subprocess.run([self.program, "evaluate", "--model", self.model, "--labels", index, "--json"], check=True,
                              stdout=subprocess.PIPE)
        return json.loads(said.stdout)["cpu_seconds"]

    def start_ms(self):
        """From nothing to the answer to no record: both shipped models opened."""
        begin = time.perf_counter()
        subprocess.run([self.program], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return (time.perf_counter() - begin) * 1000


class Sklearn:
    """TF-IDF of words and a linear support vector machine, as their manual shows them."""

    name = "scikit-learn"

    def __init__(self, options):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        labels, texts = zip(*((label, text.decode("utf-8", "replace"))
                              for label, text in texts_of(options.corpus, "train")))
        self.pipeline = make_pipeline(TfidfVectorizer(sublinear_tf=True, min_df=2), LinearSVC())
        self.pipeline.fit(texts, labels)

    def seconds(self, _index, texts):
        begin = time.process_time()
        self.pipeline.predict(texts)
        return time.process_time() - begin


def measure(contenders, index, texts, rounds):
    taken = {contender.name: [] for contender in contenders}
    for contender in contenders:
        contender.seconds(index, texts)  # once for the caches
    for _ in range(rounds):
        for contender in contenders:
            taken[contender.name].append(contender.seconds(index, texts))
    return taken


def print_rates(title, texts, taken):
    size = sum(len(text) for _, text in texts) / len(texts) / 1000
    for name, seconds in taken.items():
        rates = [len(texts) / one for one in seconds]
        print(f"| {title} ({size:.1f} KB) | {name} | {statistics.median(rates):,.0f} | "
              f"{min(rates):,.0f} to {max(rates):,.0f} |")


def print_starts(ours, rounds):
    starts, bare = [], []
    for _ in range(10 * rounds):
        starts.append(ours.start_ms())
        begin = time.perf_counter()
        subprocess.run(["/bin/true"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        bare.append((time.perf_counter() - begin) * 1000)
    print(f"\nstart to exit without a record: {statistics.median(starts):.1f} ms (least {min(starts):.1f}), "
          f"/bin/true {statistics.median(bare):.1f} ms (least {min(bare):.1f})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--corpus", type=pathlib.Path, default=pathlib.Path(os.environ.get("CORPUS", "../shared/corpus")))
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if not (options.corpus / "index.jsonl").exists():
        print(f"bench-classify: skipped, no labelled decisions at {options.corpus} (CORPUS=folder)")
        return 0
    options.work.mkdir(parents=True, exist_ok=True)
    options.bin = options.bin.resolve()
    ours = Ours(options, pathlib.Path(__file__).resolve().parents[3], options.work)
    contenders = [ours]
    try:
        contenders.append(Sklearn(options))
    except ImportError:
        print("bench-classify: python3 has no scikit-learn, ours alone (apt-get install python3-sklearn)")
    whole = [pair for pair in texts_of(options.corpus, "dev")] * COPIES
    cut = [(label, text[:SIZE]) for label, text in whole if len(text) >= SIZE]
    print("| documents | program | a second and core | range |\n| --- | --- | --- | --- |")
    for title, texts in (("cut", cut), ("whole", whole)):
        index = options.work / f"{title}.jsonl"
        write_index(index, texts)
        print_rates(title, texts, measure(contenders, index, [text.decode("utf-8", "replace") for _, text in texts],
                                          options.rounds))
    print_starts(ours, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
