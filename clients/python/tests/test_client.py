"""A session with the real server: questions, files, history, errors, streams; sync and async."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import doctest
import inspect
import io
import os
import threading
import time
import unittest
import uuid
import warnings

import server
from server import ROOT, Process, RealServer, temporary_directory

import lakehouse
from lakehouse import AsyncLakehouse, AsyncQuery, Lakehouse, Query

ENDLESS = "SELECT count(*) FROM range(1000000) a, range(10000000) b"


class Questions(RealServer):
    def test_every_parameter_arrives_as_it_was(self) -> None:
        values = [
            None, True, 0, -5, 2**63, -(2**127) + 1, 0.1, -1e300, 5e-324, decimal.Decimal("-1.50"), decimal.Decimal("1E+3"), "", "it's; -- \\ \" $a ? 🦆",
            "a\0b", b"\0\xff'", datetime.date(2020, 2, 29), datetime.datetime(2020, 1, 1, 1, 2, 3, 4), datetime.time(1, 2, 3, 4),
            datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), uuid.UUID(int=5), [1, None, 3], {"a b": "x'y", "c": [1.5]},
        ]  # fmt: skip
        for value in values:
            with self.subTest(value=value):
                got = self.lake.sql("SELECT ? AS v", [value]).scalar()
                self.assertEqual(got, value)
                if value is not None:
                    self.assertIs(type(got), type(value))

    def test_parameters_are_only_where_sql_has_them(self) -> None:
        row = self.lake.sql(
            """SELECT '?$a', "?$a", $$ ? $a $$, $q$ ' $a $q$, E'\\'?', $a, $b, $a -- ? $c
            /* ? /* $c */ ? */ FROM (SELECT 1 AS "?$a")""",
            {"a": 1, "b": "two"},
        ).rows()[0]
        self.assertEqual(row, ("?$a", 1, " ? $a ", " ' $a ", "'?", 1, "two", 1))
        for sql, parameters in (("SELECT ?", []), ("SELECT 1", [1]), ("SELECT $a", {"b": 1}), ("SELECT ?, ?", [1])):
            with self.subTest(sql), self.assertRaises(ValueError):
                self.lake.sql(sql, parameters)
        with self.assertRaises(TypeError):
            self.lake.sql("SELECT ?", [object()])

    def test_rows_know_columns_limits_and_state(self) -> None:
        rows = self.lake.sql("SELECT range AS n, 'x' AS t FROM range(10)", max_rows=3).rows()
        self.assertEqual(rows, [(0, "x"), (1, "x"), (2, "x")])
        self.assertEqual([(c.name, c.type) for c in rows.columns], [("n", "BIGINT"), ("t", "VARCHAR")])
        self.assertEqual(rows.truncated, "rows")
        self.assertEqual(rows.dicts()[1], {"n": 1, "t": "x"})
        with self.assertRaises(lakehouse.InvalidRequest):
            self.lake.sql("SELECT 1 AS a, 2 AS a").dicts()
        with self.assertRaises(lakehouse.InvalidRequest):
            self.lake.sql("SELECT 1, 2").scalar()

    def test_a_cut_answer_says_so_in_every_form(self) -> None:
        # 1,000 rows come with a length, 60,000 in chunks: there only a trailer behind them can tell.
        for limit in (1_000, 60_000):
            query = self.lake.sql("SELECT range AS n, repeat('x', 20) AS t FROM range(100000)", max_rows=limit)
            for form in (query.rows, query.arrow, query.pandas, query.polars, lambda: query.write(io.BytesIO(), "csv"), lambda: query.write(io.BytesIO(), "ndjson"), lambda: query.write(io.BytesIO(), "parquet")):
                query._truncated = ""
                with warnings.catch_warnings():
                    warnings.simplefilter("error")  # whoever asked for a limit is not warned
                    form()
                self.assertEqual(query.truncated, "rows")
            with query.batches() as batches:
                self.assertEqual(sum(batch.num_rows for batch in batches), limit)
                self.assertEqual(batches.truncated, "rows")
        whole = self.lake.sql("SELECT range AS n, repeat('x', 20) AS t FROM range(60000)")
        self.assertEqual((whole.arrow().num_rows, whole.truncated), (60_000, ""))

    def test_a_limit_of_the_server_is_a_warning(self) -> None:
        with temporary_directory() as home, Process(home, ("up", "--set", "log.level=error", "--set", "query.max_rows=50000")) as server:
            with lakehouse.connect(f"http://{server.host}:{server.port}") as lake:
                query = lake.sql("SELECT range AS n, repeat('x', 20) AS t FROM range(100000)")
                with self.assertWarns(lakehouse.TruncatedWarning):
                    self.assertEqual(query.arrow().num_rows, 50_000)

    def test_errors_have_code_place_and_request(self) -> None:
        with self.assertRaises(lakehouse.InvalidRequest) as wrong:
            self.lake.sql("SELECT 1 FROMM x").rows()
        self.assertEqual(wrong.exception.code, "parser")
        self.assertIsInstance(wrong.exception.details["position"], int)
        self.assertIn(wrong.exception.request_id, [failure.request_id for failure in self.lake.errors()])
        with self.assertRaises(lakehouse.NotFound) as missing:
            self.lake.sql("FROM nothing_here").arrow()
        self.assertEqual((missing.exception.code, missing.exception.status), ("dataset_not_found", 404))
        with self.assertRaises(lakehouse.NotFound):
            self.lake.describe("nothing here?x=1&ü")

    def test_a_stream_comes_in_batches_and_its_connection_is_kept(self) -> None:
        with self.lake.sql("SELECT range AS n, 'text ' || range AS t FROM range(300000)").batches() as batches:
            self.assertEqual(batches.schema.names, ["n", "t"])
            rows = [batch.num_rows for batch in batches]
        self.assertEqual(sum(rows), 300_000)
        self.assertGreater(len(rows), 3)
        self.assertEqual(len(self.lake._transport._idle), 1)

    def test_closing_a_stream_stops_the_query(self) -> None:
        with self.lake.sql("SELECT range AS n, repeat('x', 100) FROM range(50000000) -- closed early").batches() as batches:
            next(batches)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = [query for query in self.lake.queries() if query.sql.endswith("closed early")]
            if found and found[0].outcome != "running":
                break
        self.assertIn(found[0].outcome, ("cancelled", "dropped"))  # as the server was computing or sending
        self.assertLess(found[0].seconds, 8)

    def test_an_answer_that_fails_midway_raises(self) -> None:
        sql = "SELECT repeat('x', 50) AS c, (CASE WHEN range = 400000 THEN 'boom' ELSE '1' END)::INTEGER AS n FROM range(500000)"
        for read in (lambda q: q.arrow(), lambda q: q.rows(), lambda q: list(q.batches()), lambda q: q.write(io.BytesIO(), "csv")):
            with self.assertRaises((lakehouse.Interrupted, lakehouse.InvalidRequest)):
                read(self.lake.sql(sql))

    def test_answers_become_files(self) -> None:
        import pyarrow.parquet

        query = self.lake.sql("SELECT range AS n FROM range(1000)")
        path = os.path.join(self.home.name, "out.parquet")
        self.assertEqual(query.write(path), os.path.getsize(path))
        self.assertEqual(pyarrow.parquet.read_table(path)["n"].to_pylist(), list(range(1000)))
        text = io.BytesIO()
        self.lake.sql("SELECT 1 AS a, 'x,y' AS b").write(text, format="csv")
        self.assertEqual(text.getvalue().decode().split(), ["a,b", '1,"x,y"'])
        with self.assertRaises(lakehouse.NotFound):
            self.lake.sql("FROM nothing_here").write(os.path.join(self.home.name, "never.csv"))
        self.assertFalse(os.path.exists(os.path.join(self.home.name, "never.csv")))
        with self.assertRaises(ValueError):
            query.write("out.xlsx")

    def test_threads_share_one_client(self) -> None:
        results: list[int] = []
        threads = [threading.Thread(target=lambda n=n: results.append(self.lake.sql("SELECT ?", [n]).scalar())) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), list(range(20)))


class Files(RealServer):
    def test_each_kind_of_source_arrives(self) -> None:
        csv = b"a,b\n1,x\n2,y\n"
        path = os.path.join(self.home.name, "orders.csv")
        with open(path, "wb") as file:
            file.write(csv)
        self.assertEqual(self.lake.ingest(path).name, "orders")
        with open(path, "rb") as file:
            self.lake.ingest(file, "of_file")
        self.lake.ingest(csv, "of_bytes")
        self.lake.ingest((line + b"\n" for line in csv.splitlines()), "of_lines")
        for name in ("orders", "of_file", "of_bytes", "of_lines"):
            self.assertEqual(self.lake.sql(f"FROM {name} ORDER BY a").rows(), [(1, "x"), (2, "y")], name)
        self.assertEqual(self.lake.ingest(csv, "of_bytes").state, "unchanged")
        with open(path, encoding="utf-8") as text, self.assertRaises(TypeError):
            self.lake.ingest(text, "of_text")
        with self.assertRaises(FileNotFoundError):
            self.lake.ingest(os.path.join(self.home.name, "missing.csv"))

    def test_progress_is_told_to_the_end(self) -> None:
        data = b"a\n" + b"".join(b"%d\n" % n for n in range(300_000))
        told: list[lakehouse.Progress] = []
        job = self.lake.ingest(data, "progress", progress=told.append)
        sent = [event.bytes_done for event in told if event.stage == "send"]
        self.assertEqual(sent, sorted(sent))
        self.assertGreater(len(sent), 3)
        self.assertEqual((sent[-1], told[0].bytes_total), (len(data), len(data)))
        self.assertEqual((told[-1].rows, job.rows_loaded), (300_000, 300_000))

    def test_odd_rows_are_counted_and_kept(self) -> None:
        job = self.lake.ingest(b"a,b\n1,2\n3\n4,5\n", "odd")
        self.assertEqual((job.rows_loaded, job.rows_rejected, job.rejects_dataset), (2, 1, "odd_rejects"))
        self.assertEqual(self.lake.sql("SELECT line FROM odd_rejects").scalar(), 3)

    def test_other_columns_are_a_conflict_with_the_differences(self) -> None:
        self.lake.ingest(b"a,b\n1,2\n", "strict")
        with self.assertRaises(lakehouse.Conflict) as conflict:
            self.lake.ingest(b"a,c\n1,2\n", "strict")
        self.assertEqual(conflict.exception.code, "schema_conflict")
        self.assertTrue(conflict.exception.details)
        failed = self.lake.ingest(b"a,c\n1,2\n", "strict", wait=False)
        with self.assertRaises(lakehouse.Conflict):
            self.lake.wait(failed)
        self.assertEqual(self.lake.job(failed.id).state, "failed")

    def test_a_source_that_fails_raises_its_own_error(self) -> None:
        def lines():
            yield b"a\n1\n"
            raise ConnectionResetError("of the caller's own")

        with self.assertRaisesRegex(ConnectionResetError, "own"):
            self.lake.ingest(lines(), "broken")
        with self.assertRaises(lakehouse.NotFound):
            self.lake.describe("broken")

    def test_modes_history_diff_restore_save_delete_drop(self) -> None:
        self.lake.ingest(b"id,v\n1,a\n2,b\n", "h")
        self.lake.ingest(b"id,v\n2,c\n3,d\n", "h", mode="upsert", key="id")
        self.assertEqual(self.lake.sql("FROM h ORDER BY id").rows(), [(1, "a"), (2, "c"), (3, "d")])
        self.assertEqual([snapshot.version for snapshot in self.lake.history("h")], [2, 1])
        self.assertEqual([snapshot.version for snapshot in self.lake.history("h", limit=1)], [2])
        diff = self.lake.diff("h", 1, 2)
        self.assertEqual((diff.rows_before, diff.rows_after), (2, 3))
        commit = self.lake.restore("h", 1)
        self.assertEqual(commit.versions, {"h": 3})
        self.assertEqual(self.lake.describe("h", version=2).rows, 3)
        self.assertEqual(self.lake.sql("SELECT count(*) FROM h", sequence=commit.sequence - 1).scalar(), 3)
        self.lake.save(self.lake.sql("SELECT v FROM h WHERE id = ?", [1]), "kept")
        self.assertEqual(self.lake.sql("FROM kept").scalar(), "a")
        self.lake.delete_rows("h", "id", [1])
        self.assertEqual(self.lake.sql("FROM h").rows(), [(2, "b")])
        self.assertIn("kept", [dataset.name for dataset in self.lake.datasets("k")])
        self.lake.drop("kept")
        self.assertNotIn("kept", [dataset.name for dataset in self.lake.datasets()])

    def test_one_key_is_one_ingest(self) -> None:
        self.lake.ingest(b"a\n1\n", "once")
        first = self.lake.ingest(b"a\n2\n", "once", mode="append", idempotency_key="k1")
        again = self.lake.ingest(b"a\n2\n", "once", mode="append", idempotency_key="k1")
        self.assertEqual(first.version, again.version)
        self.assertEqual(self.lake.sql("SELECT count(*) FROM once").scalar(), 2)


class Twins(RealServer):
    def test_both_have_the_same_methods_and_parameters(self) -> None:
        for plain, twin in ((Lakehouse, AsyncLakehouse), (Query, AsyncQuery)):
            names = {name for name in vars(plain) if not name.startswith("_")}
            self.assertEqual(names - {"text"}, {name for name in vars(twin) if not name.startswith("_")} - {"text"})
            for name in names:
                if isinstance(vars(plain)[name], property):
                    self.assertIsInstance(vars(twin)[name], property, name)
                    continue
                ours, theirs = inspect.signature(getattr(plain, name)), inspect.signature(getattr(twin, name))
                self.assertEqual([(p.name, p.kind, p.default) for p in ours.parameters.values()], [(p.name, p.kind, p.default) for p in theirs.parameters.values()], name)

    def test_a_session_without_waiting_in_line(self) -> None:
        async def session() -> None:
            async with AsyncLakehouse(self.url) as lake:
                told: list[tuple[int, lakehouse.Progress]] = []
                here = threading.get_ident()
                job = await lake.ingest(b"a\n1\n2\n", "t", progress=lambda event: told.append((threading.get_ident(), event)))
                self.assertEqual((job.rows_loaded, {thread for thread, _ in told}), (2, {here}))
                answers = await asyncio.gather(*(lake.sql("SELECT ? + count(*) FROM t", [n]).scalar() for n in range(10)))
                self.assertEqual(answers, list(range(2, 12)))
                self.assertEqual((await lake.sql("FROM t").polars())["a"].to_list(), [1, 2])
                rows = 0
                async with lake.sql("SELECT range FROM range(200000)").batches() as batches:
                    async for batch in batches:
                        rows += batch.num_rows
                self.assertEqual(rows, 200_000)
                await lake.save(lake.sql("FROM t"), "t2")
                self.assertEqual((await lake.describe("t2")).rows, 2)
                with self.assertRaises(lakehouse.NotFound):
                    await lake.sql("FROM nothing_here").pandas()

        asyncio.run(session())

    def test_cancelling_a_task_stops_its_query(self) -> None:
        async def session() -> None:
            async with AsyncLakehouse(self.url) as lake:
                start = time.monotonic()
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(lake.sql(ENDLESS).scalar(), 0.5)
                self.assertLess(time.monotonic() - start, 5)
                deadline = time.monotonic() + 10
                while time.monotonic() < deadline:
                    found = [query for query in await lake.queries() if query.sql == ENDLESS]
                    if found[0].outcome != "running":
                        break
                self.assertEqual([query.outcome for query in found], ["cancelled"])

        asyncio.run(session())


class Documentation(unittest.TestCase):
    def test_the_readme_shows_what_happens(self) -> None:
        with server.temporary_directory() as home, server.Process(home, ("up", "--demo")) as process:
            os.environ["LAKEHOUSE_URL"] = f"http://{process.host}:{process.port}"
            before = os.getcwd()
            os.chdir(home)
            try:
                readme = os.path.join(ROOT, "clients", "python", "README.md")
                failed, tried = doctest.testfile(readme, module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            finally:
                os.chdir(before)
                del os.environ["LAKEHOUSE_URL"]
        self.assertGreater(tried, 10)
        self.assertEqual(failed, 0)

    def test_everything_public_is_documented(self) -> None:
        for name in lakehouse.__all__:
            thing = getattr(lakehouse, name)
            if inspect.isclass(thing):
                self.assertTrue(thing.__doc__, name)
        for kind in (Lakehouse, Query, lakehouse.Rows):
            for name, member in vars(kind).items():
                if inspect.isfunction(member) and not name.startswith("_") and name != "close":
                    self.assertTrue(member.__doc__, f"{kind.__name__}.{name}")


if __name__ == "__main__":
    unittest.main()
