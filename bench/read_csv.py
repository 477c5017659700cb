"""Reading CSV beside pandas' C engine, pyarrow and DuckDB, with the same number of threads."""
import gzip
import math
import os

from harness import BIN, DATA, REAL_DATA, Peer, compare_seconds, generated_higgs, run_json, wanted

GOALS = {"pandas": 5.0, "pyarrow": 1.0, "duckdb": 1.0}


def repeated_adult():
    """adult, 30 times over: numbers, categories and missing values. None where the data is not at hand."""
    source, path = REAL_DATA / "adult" / "adult_train.csv.gz", DATA / "adult_30.csv"
    if not os.path.exists(source):
        print(f"without adult: no {source}")
        return None
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        header, rows = gzip.decompress(source.read_bytes()).split(b"\n", 1)
        path.write_bytes(header + b"\n" + 30 * rows)
    return path


def same_contents(ours, peer):
    """Rows, the sums of columns of numbers, the number of values and of missing ones in the others."""
    return ours["rows"] == peer["rows"] and all(
        math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9) for mine, theirs in zip(ours["sums"], peer["sums"],
                                                                                     strict=True)
    ) and ours["categories"] == peer["categories"]


def read_rows(name, path):
    rows = []
    for library, goal in GOALS.items():
        for threads in (1, 2):
            def ours():
                return run_json(BIN / "thrum_read_csv", path, threads, threads=threads)

            with Peer("read_csv.py", library, path, threads, threads=threads) as peer:
                mine, theirs = ours(), peer.ask()
                if not same_contents(mine, theirs):
                    raise RuntimeError(f"{library} reads {path} differently: {theirs}; ours: {mine}")
                row = compare_seconds(f"read {name}, {threads} threads, {library}", ours, peer.ask, goal)
            row.quality_ours = row.quality_peer = "equal"
            rows.append(row)
            print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def rows():
    files = {"1 000 000 x 29": generated_higgs(), "adult x 30": repeated_adult()}
    return [row for name, path in files.items() if path and wanted(f"read {name}") for row in read_rows(name, path)]
