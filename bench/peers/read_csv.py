"""Reads a CSV file once per line of input.   usage: read_csv.py pandas|pyarrow|duckdb FILE THREADS"""
import json
import sys
import time

import duckdb
import pandas as pd
import pyarrow as pa
from pyarrow import csv

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?"]


def read_pandas(path):
    return pd.read_csv(path, engine="c", na_values=MISSING, keep_default_na=False)


def read_pyarrow(path):
    # Text as dictionary codes, as ours gives it.
    options = csv.ConvertOptions(null_values=MISSING, strings_can_be_null=True, auto_dict_encode=True)
    return csv.read_csv(path, convert_options=options)


def read_duckdb(path):
    """Into a table of DuckDB's own, in memory."""
    database = duckdb.connect(config={"threads": pa.cpu_count()})
    database.execute("CREATE TABLE csv AS SELECT * FROM read_csv(?, nullstr = ?)", [path, MISSING])
    return database


def frame_of(table):
    if isinstance(table, pd.DataFrame):
        return table
    return table.table("csv").df() if isinstance(table, duckdb.DuckDBPyConnection) else table.to_pandas()


def contents(table):
    """What both sides must agree on."""
    frame = frame_of(table)
    numbers = frame.select_dtypes("number")
    texts = frame.drop(columns=numbers.columns)
    return {"rows": len(frame), "sums": [float(numbers[name].sum()) for name in numbers],
            "categories": [[int(texts[name].nunique()), int(texts[name].isna().sum())] for name in texts]}


def main():
    library, path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pa.set_cpu_count(threads)
    pa.set_io_thread_count(threads)
    read = {"pandas": read_pandas, "pyarrow": read_pyarrow, "duckdb": read_duckdb}[library]
    found = contents(read(path))
    for _ in sys.stdin:
        start = time.perf_counter()
        table = read(path)
        seconds = time.perf_counter() - start
        del table
        print(json.dumps({"seconds": seconds, **found}), flush=True)


if __name__ == "__main__":
    main()
