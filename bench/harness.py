"""What every benchmark here shares: sides that take turns, medians, checks of quality, the table and the JSON file."""
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
BIN = BUILD / "bin"
DATA = BUILD / "data"
REAL_DATA = Path(os.environ.get("THRUM_TEST_DATA", ROOT.parent / "shared" / "data"))
REPEATS = 5
SMOKE_ROWS = 5000


class Selection:
    """What this run measures: with `smoke`, few rows once, only to show that the benchmark works; of the suites that ask
    `wanted`, only the cases whose name contains `text`."""
    smoke = False
    text = ""
    failed = False  # a case of it


def wanted(name):
    return Selection.text in name


def rows_of_cases(cases):
    """Of (name, what makes its rows), those that are wanted; one that fails is told and costs the others nothing."""
    found = []
    for name, make in cases:
        if not wanted(name):
            continue
        try:
            found += make()
        except RuntimeError as error:
            print(f"FAILED: {name}: {error}", flush=True)
            Selection.failed = True
    return found


def n_rows(rows):
    return min(rows, SMOKE_ROWS) if Selection.smoke else rows


@dataclass
class Row:
    """One comparison. `ratio` says how much better ours is: above 1 we are ahead. `goal` is a ratio; `at_most` and
    `at_least` are goals for `ours` itself."""
    name: str
    ours: float
    peer: float | None
    ratio: float | None
    goal: float | None = None
    quality_ours: float | str | None = None
    quality_peer: float | str | None = None
    unit: str = "s"
    runs: dict = field(default_factory=dict)  # every measurement, for those who doubt the medians
    at_most: float | None = None
    at_least: float | None = None

    def verdict(self):
        reached = [self.ratio >= self.goal] if self.goal is not None else []
        reached += [self.ours <= self.at_most] if self.at_most is not None else []
        reached += [self.ours >= self.at_least] if self.at_least is not None else []
        return "" if not reached else "reached" if all(reached) else "MISSED"

    def goals(self):
        bounds = (("", self.goal), ("<= ", self.at_most), (">= ", self.at_least))
        return ", ".join(f"{sign}{number(bound)}" for sign, bound in bounds if bound is not None)


def take_turns(ours, peer, repeats=REPEATS):
    """Calls both in turn, `repeats` times each: [what ours returned], [what the peer returned]."""
    repeats = 1 if Selection.smoke else repeats
    pairs = [(ours(), peer()) for _ in range(repeats)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compare(name, ours, peer, key="seconds", scale=1, unit="s", more_is_better=False, repeats=REPEATS, **goals):
    """A row of the medians of what stands at `key` in the answers of both; the first of each warms up, unless there is
    one."""
    if repeats > 1:
        ours(), peer()
    answers = take_turns(ours, peer, repeats)
    values = [[scale * answer[key] for answer in side] for side in answers]
    mine, theirs = (statistics.median(side) for side in values)
    return Row(name, mine, theirs, mine / theirs if more_is_better else theirs / mine, unit=unit,
               quality_ours=answers[0][0].get("quality"), quality_peer=answers[1][0].get("quality"),
               runs={"ours": values[0], "peer": values[1]}, **goals)


def compare_seconds(name, ours, peer, goal=None):
    """A row of median seconds; `ours` and `peer` return {"seconds": ..., "quality": ...}."""
    return compare(name, ours, peer, goal=goal)


class Program:
    """A program that stays and answers each line with one line of JSON: what it loads, it loads once."""

    def __init__(self, *command, threads, environment=None):
        self.process = subprocess.Popen([*on_cpus(threads), *map(str, command)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment)

    def ask_line(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args} ended with status {self.process.wait()}")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Peer(Program):
    """A script of bench/peers, which is asked in JSON."""

    def __init__(self, script, *arguments, threads, python=sys.executable, environment=None):
        super().__init__(python, ROOT / "bench" / "peers" / script, *arguments, threads=threads,
                         environment={**without_core_type(), **thread_limits(threads), **(environment or {})})

    def ask(self, **request):
        return self.ask_line(json.dumps(request))


def without_core_type():
    """Our environment, but the peers' BLAS finds out by itself which processor this is."""
    return {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}


def thread_limits(threads):
    """For libraries that read them when they are loaded; threadpoolctl sets the same again."""
    return {name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


def on_cpus(n):
    """Both sides get as many CPUs as threads: some libraries have no other limit (pandas has none)."""
    return ["taskset", "--cpu-list", ",".join(map(str, sorted(os.sched_getaffinity(0))[:n]))]


def run_json(*command, threads=None):
    """Runs a program, on that many CPUs, and parses its standard output."""
    words = [str(word) for word in (*(on_cpus(threads) if threads else ()), *command)]
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return json.loads(result.stdout)


def thrum(*arguments, threads=None):
    limit = () if threads is None else ("--threads", threads)
    return run_json(BIN / "thrum", "--json", *limit, *arguments, threads=threads)


def generated(generator, rows):
    """A CSV file, made once."""
    path = DATA / f"{generator}-{n_rows(rows)}.csv"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        print(f"generating {path}", flush=True)
        thrum("data", "generate", generator, "--rows", n_rows(rows), "--seed", "7", "-o", path)
    return path


def generated_higgs():
    """1 000 000 x 28 numbers and a label."""
    return generated("higgs-like", 1_000_000)


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def versions():
    names = ("scikit-learn", "numpy", "scipy", "pandas", "pyarrow", "duckdb", "flask", "gunicorn", "joblib", "loky", "lightgbm",
             "xgboost-cpu", "catboost", "scikit-learn-intelex", "ydf")
    ours = subprocess.run([BIN / "thrum", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    return {"thrum": ours, "python": platform.python_version(),
            **{name: metadata.version(name) for name in names}}


def conditions():
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "cpu": cpu_name(),
            "cpus": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()[0], "kernel": platform.release(),
            "versions": versions()}


def number(value, digits=6):
    return value if isinstance(value, str) else "" if value is None else f"{value:.{digits}g}"


def table(rows):
    lines = [["name", "ours", "peer", "", "ratio", "goal", "", "quality: ours", "peer"]]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append([row.name, f"{row.ours:.4g}", number(row.peer, 4), row.unit, ratio, row.goals(), row.verdict(),
                      number(row.quality_ours), number(row.quality_peer)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def report(name, rows):
    """Prints the table and writes build/bench/NAME.json: one object per row, each with the conditions."""
    shared = conditions()
    path = BUILD / f"{name}.json"
    path.write_text(json.dumps([{**asdict(row), **shared} for row in rows], indent=1) + "\n")
    print(f"\n{table(rows)}\n\n{shared['cpu']}, {shared['cpus']} CPUs, load {shared['load_average']:.2f}\n{path}")
