"""The lessons of examples/lectures beside the same in Python, and the table of docs/lectures.md.

THRUM_LECTURES=small runs each once, at the size of its test, and leaves the page alone.
"""
import os
import statistics
import sys
from dataclasses import dataclass, field

from harness import BIN, REPEATS, ROOT, Row, conditions, run_json, take_turns

PAGE = ROOT / "docs" / "lectures.md"
BEGIN, END = "<!-- written by ./dev bench lectures -->\n", "<!-- end -->\n"
SMALL = os.environ.get("THRUM_LECTURES") == "small"


@dataclass
class Lesson:
    """`size`: of both sides; `lecture`: the figures that the lecture gives."""
    name: str
    size: int
    small: int
    unit: str = "s"
    in_python: bool = True
    lecture: dict = field(default_factory=dict)


LESSONS = (
    Lesson("mean", 100_000_000, 100_000,
           lecture={"serial": "20.98 s", "two threads": "no gain", "two processes, copies": "11.00 s",
                    "two jobs": "9.6 s, alone 17.1 s"}),
    Lesson("map", 500_000, 20_000),
    Lesson("threads", 1_000_000, 1_000),
    Lesson("race", 1_000_000, 10_000),
    Lesson("separate_memory", 1_000_000, 100),
    Lesson("deadlock", 100_000, 1_000),
    Lesson("blocking_io", 64, 32),
    Lesson("interactive", 200_000, 5_000),
    Lesson("matrix_addition", 4_000, 200),
    Lesson("gradient_descent", 1_000_000, 20_000),
    Lesson("pool_of_trees", 200_000, 1_000),
    Lesson("threads_in_processes", 10_000_000, 10_000),
    Lesson("fork_and_load", 500, 16, unit="MB"),
    Lesson("task_size", 2_000_000, 20_000),
    Lesson("creation", 200, 10, unit="µs"),
    Lesson("cache_misses", 100_000_000, 100_000, in_python=False),
    Lesson("cached_function", 1_000_000, 10_000),
    Lesson("threads_or_processes", 10, 1),
)


def medians(runs):
    return {name: statistics.median(run["figures"][name] for run in runs) for name in runs[0]["figures"]}


def measure(lesson):
    """({figure: [our runs]}, {figure: [Python's runs]}), in turn. Both programs check their results."""
    size = lesson.small if SMALL else lesson.size
    script = ROOT / "bench" / "peers" / "lectures" / f"{lesson.name}.py"

    def ours():
        return run_json(BIN / f"lesson_{lesson.name}", size, "--json")

    def python():
        return run_json(sys.executable, script, size) if lesson.in_python else {"figures": {}}

    return take_turns(ours, python, 1 if SMALL else REPEATS)


def rows_of(lesson, our_runs, python_runs):
    ours, python = medians(our_runs), medians(python_runs)
    return [row_of(lesson, name, ours[name], python.get(name), our_runs, python_runs) for name in ours]


def row_of(lesson, name, ours, python, our_runs, python_runs):
    runs = {"ours": [run["figures"][name] for run in our_runs]}
    if python is None:
        return Row(f"{lesson.name}: {name}", ours, None, None, quality_ours="checked", unit=lesson.unit, runs=runs)
    runs["peer"] = [run["figures"][name] for run in python_runs]
    return Row(f"{lesson.name}: {name}", ours, python, python / ours, quality_ours="checked", quality_peer="checked",
               unit=lesson.unit, runs=runs)


def cell(value, unit):
    return "" if value is None else f"{value:.4g} {unit}"


def page_lines(lesson, ours, python):
    for name in {**ours, **python}:
        mine, theirs = ours.get(name), python.get(name)
        ratio = f"{theirs / mine:.1f}" if mine and theirs else ""
        yield (f"| {lesson.name} | {name} | {lesson.lecture.get(name, '')} | {cell(theirs, lesson.unit)} "
               f"| {cell(mine, lesson.unit)} | {ratio} |")


def write_page(lines):
    machine = conditions()
    versions = machine["versions"]
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    table = "\n".join([
        f"{machine['cpu']}, {machine['cpus']} CPUs, load {machine['load_average']:.1f}, Python {versions['python']}, "
        f"NumPy {versions['numpy']}, {machine['date'][:10]}.", "",
        "| lesson | | the lecture | Python here | Thrum | times |", "|---|---|---|---|---|---|", *lines]) + "\n\n"
    PAGE.write_text(head + BEGIN + "\n" + table + END + rest.split(END)[1])


def rows():
    found, lines = [], []
    for lesson in LESSONS:
        print(lesson.name, flush=True)
        our_runs, python_runs = measure(lesson)
        found += rows_of(lesson, our_runs, python_runs)
        lines += page_lines(lesson, medians(our_runs), medians(python_runs))
    if not SMALL:
        write_page(lines)
    return found
