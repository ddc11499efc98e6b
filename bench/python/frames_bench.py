"""A million rows of mixed columns, from the data file of a dataset: through the server and our client, and by the DuckDB package from the
very same Parquet, turn by turn in one process. Prints the ratio of the medians."""

import argparse
import glob
import os
import statistics
import time

import duckdb
import pyarrow as pa
from lakehouse_process import Lakehouse as Process
from lakehouse_process import temporary_directory

import lakehouse

ROUNDS = 9
COLUMNS = """SELECT range AS id, range % 1000 AS site, 'worker number ' || range AS name, ['active', 'placed', 'gone'][1 + range % 3] AS status,
  round(15 + range % 4000 / 100.0, 2)::DOUBLE AS rate, (range % 3 = 0) AS night, DATE '2020-01-01' + (range % 2000)::INTEGER AS since,
  TIMESTAMP '2026-01-01' + to_seconds(range) AS seen, CASE WHEN range % 10 = 0 THEN NULL ELSE range % 77 END AS grade FROM range({rows})"""


def seconds(work):
    start = time.perf_counter()
    rows = len(work())
    return time.perf_counter() - start, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args().rows
    peer = duckdb.connect(config={"threads": os.cpu_count()})
    with temporary_directory() as home, Process(home, ("up", "--set", "log.level=error")) as server:
        with lakehouse.connect(f"http://{server.host}:{server.port}") as lake:
            lake.ingest(peer.sql(COLUMNS.format(rows=wanted)).to_arrow_table(), "bench")
            files = glob.glob(os.path.join(server.data, "datasets", "bench", "data", "*.parquet"))
            theirs = f"SELECT * FROM read_parquet({files})"
            print(f"{wanted:,} rows of {len(lake.describe('bench').columns)} columns, Parquet of {sum(map(os.path.getsize, files)) / 1e6:.1f} MB; "
                  f"DuckDB {duckdb.__version__}, pyarrow {pa.__version__}; median of {ROUNDS}, by turns")
            pairs = {
                "pyarrow": (lambda: lake.sql("FROM bench").arrow(), lambda: peer.sql(theirs).to_arrow_table()),
                "pandas": (lambda: lake.sql("FROM bench").pandas(), lambda: peer.sql(theirs).df()),
                "polars": (lambda: lake.sql("FROM bench").polars(), lambda: peer.sql(theirs).pl()),
            }
            for form, (ours, peers) in pairs.items():
                took = {ours: [], peers: []}
                for turn in range(ROUNDS + 2):  # the first two warm both up
                    for work in (ours, peers):
                        spent, rows = seconds(work)
                        assert rows == wanted, (form, rows)
                        if turn >= 2:
                            took[work].append(spent)
                a, b = statistics.median(took[ours]), statistics.median(took[peers])
                print(f"{form:8} ours {a * 1000:6.0f} ms   DuckDB package {b * 1000:6.0f} ms   ratio {a / b:.2f}")
    peer.close()


if __name__ == "__main__":
    main()
