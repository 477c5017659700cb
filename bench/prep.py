"""Learning how to prepare columns, beside scikit-learn on the same rows: what is learned must agree to 1e-12, and little memory
may be taken beside the data."""
import math
from dataclasses import dataclass

from harness import BIN, Peer, Program, Row, compare, generated, generated_higgs, n_rows, wanted

GOAL = 4.0
MOST_EXTRA_MEBIBYTES = 16
EQUAL = 1e-12  # relative


@dataclass
class Case:
    name: str
    data: str
    steps: str
    peer: str  # what sklearn_prep.py does
    mode: str = "fit"
    goal: float | None = GOAL


CASES = [
    Case("StandardScaler.fit", "numbers", "standard-scaler", "standard-scaler"),
    Case("MinMaxScaler.fit", "numbers", "min-max-scaler", "min-max-scaler", goal=None),  # one pass there as well
    Case("SimpleImputer(median).fit", "flights", "impute(strategy=median, type=number)", "impute-median"),
    Case("RobustScaler.fit", "numbers", "robust-scaler", "robust-scaler"),
    Case("QuantileTransformer.fit, all rows", "numbers", "quantile-transformer", "quantile-transformer"),
    Case("OneHotEncoder.fit_transform, dense", "flights", "drop(columns=departure_time|origin|destination|distance|air_time); "
         "one-hot", "one-hot", "transform"),
]


def learned_numbers(case, answer):
    """Ours, as scikit-learn has them: for each column one number, or two, or its quantiles."""
    if case.mode == "transform":
        return answer["learned"]
    maps = [column for step in answer["learned"] for column in step["columns"] if column]
    members = {"affine": ("shift", "factor"), "fill": ("value",), "rank": ("quantiles",)}
    found = []
    for column in maps:
        for member in members[column["map"]]:
            found += column[member] if isinstance(column[member], list) else [column[member]]
    return found


def largest_difference(ours, peer):
    if len(ours) != len(peer):
        raise RuntimeError(f"{len(ours)} numbers were learned, the peer's are {len(peer)}")
    return max(abs(a - b) / max(abs(b), 1.0) for a, b in zip(ours, peer))


def rows_of(case, csv, target, size, threads):
    with Program(BIN / "thrum_measure_prep", csv, target, threads, threads=threads) as program, \
            Peer("sklearn_prep.py", csv, target, threads=threads) as peer:
        answers = {"ours": [], "peer": []}

        def ours():
            answers["ours"].append(program.ask_line(f"{case.mode} {case.steps}"))
            return answers["ours"][-1]

        def theirs():
            answers["peer"].append(peer.ask(case=case.peer))
            return answers["peer"][-1]

        title = f"{case.name}, {size}, {threads} threads"
        row = compare(title, ours, theirs, goal=case.goal)
    difference = largest_difference(learned_numbers(case, answers["ours"][0]), answers["peer"][0]["learned"])
    if not math.isfinite(difference) or difference > EQUAL:
        raise RuntimeError(f"{title}: what was learned differs by {difference}")
    row.quality_ours = row.quality_peer = f"equal to {difference:.1g}"
    mine, others = (max(answer["extra_bytes"] for answer in answers[side]) / 2**20 for side in ("ours", "peer"))
    print(f"{row.name}: {row.ratio:.2f}, {mine:.1f} MiB", flush=True)
    return [row, Row(f"{title}: memory beside the data", mine, others, others / mine if mine > 0 else None, unit="MiB",
                     at_most=MOST_EXTRA_MEBIBYTES)]


def rows():
    data = {"numbers": (generated_higgs(), "label", f"{n_rows(1_000_000)} x 28"),
            "flights": (generated("airline-like", 500_000), "delayed", f"{n_rows(500_000)} x 9")}
    return [row for case in CASES if wanted(case.name) for threads in (1, 2)
            for row in rows_of(case, *data[case.data], threads)]
