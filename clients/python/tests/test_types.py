"""Every SQL type into every form, and every frame into a dataset and back."""

from __future__ import annotations

import datetime
import decimal
import math
import struct
import unittest
import uuid

import pandas
import polars
import pyarrow as pa
from server import RealServer

from lakehouse import Interval

D = decimal.Decimal
UTC = datetime.timezone.utc
U = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
# SQL type: (two literals, Python values of rows(), Arrow type, Python values of Arrow, polars type)
TYPES = {
    "BOOLEAN": (("true", "false"), (True, False), pa.bool_(), None, polars.Boolean),
    "TINYINT": (("-128", "127"), (-128, 127), pa.int8(), None, polars.Int8),
    "SMALLINT": (("-32768", "32767"), (-32768, 32767), pa.int16(), None, polars.Int16),
    "INTEGER": (("-2147483648", "2147483647"), (-(2**31), 2**31 - 1), pa.int32(), None, polars.Int32),
    "BIGINT": (("-9223372036854775808", "9223372036854775807"), (-(2**63), 2**63 - 1), pa.int64(), None, polars.Int64),
    "UTINYINT": (("0", "255"), (0, 255), pa.uint8(), None, polars.UInt8),
    "USMALLINT": (("0", "65535"), (0, 65535), pa.uint16(), None, polars.UInt16),
    "UINTEGER": (("0", "4294967295"), (0, 2**32 - 1), pa.uint32(), None, polars.UInt32),
    "UBIGINT": (("0", "18446744073709551615"), (0, 2**64 - 1), pa.uint64(), None, polars.UInt64),
    "HUGEINT": (("-170141183460469231731687303715884105728", "1"), (-(2**127), 1), pa.decimal256(39, 0), None, polars.Int128),
    "UHUGEINT": (("0", "340282366920938463463374607431768211455"), (0, 2**128 - 1), pa.decimal256(39, 0), None, polars.UInt128),
    "FLOAT": (("1.5", "'-inf'"), (1.5, -math.inf), pa.float32(), None, polars.Float32),
    "DOUBLE": (("5e-324", "1.7976931348623157e308"), (5e-324, 1.7976931348623157e308), pa.float64(), None, polars.Float64),
    "DECIMAL(4,1)": (("-999.9", "0.1"), (D("-999.9"), D("0.1")), pa.decimal128(4, 1), None, polars.Decimal(4, 1)),
    "DECIMAL(18,3)": (("999999999999999.999", "-1"), (D("999999999999999.999"), D("-1.000")), pa.decimal128(18, 3), None, polars.Decimal(18, 3)),
    "DECIMAL(38,2)": (("'" + "9" * 36 + ".99'", "0"), (D("9" * 36 + ".99"), D("0.00")), pa.decimal128(38, 2), None, polars.Decimal(38, 2)),
    "VARCHAR": (("'it''s “ü” 🦆'", "''"), ("it's “ü” 🦆", ""), pa.string(), None, polars.String),
    "BLOB": (("'\\x00\\xFF'", "''"), (b"\0\xff", b""), pa.binary(), None, polars.Binary),
    "BIT": (("'0101'", "'1'"), ("0101", "1"), pa.string(), None, polars.String),
    "UUID": ((f"'{U}'", "'00000000-0000-0000-0000-000000000000'"), (uuid.UUID(U), uuid.UUID(int=0)), pa.string(), (U, str(uuid.UUID(int=0))), polars.String),
    "JSON": (("'{\"a\": [1]}'", "'null'"), ('{"a": [1]}', "null"), pa.string(), None, polars.String),
    "ENUM('a', 'b ''q''')": (("'a'", "'b ''q'''"), ("a", "b 'q'"), pa.string(), None, polars.String),
    "DATE": (("'0001-01-01'", "'9999-12-31'"), (datetime.date(1, 1, 1), datetime.date(9999, 12, 31)), pa.date32(), None, polars.Date),
    "TIME": (("'00:00:00'", "'23:59:59.999999'"), (datetime.time(), datetime.time(23, 59, 59, 999999)), pa.time64("us"), None, polars.Time),
    "TIMETZ": (
        ("'01:02:03+02'", "'23:59:59.5-05:30'"),
        (
            datetime.time(1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            datetime.time(23, 59, 59, 500000, datetime.timezone(-datetime.timedelta(hours=5, minutes=30))),
        ),
        pa.string(),
        ("01:02:03+02", "23:59:59.5-05:30"),
        polars.String,
    ),
    "TIMESTAMP": (
        ("'1600-02-29 01:02:03.000004'", "'2262-12-31'"),
        (datetime.datetime(1600, 2, 29, 1, 2, 3, 4), datetime.datetime(2262, 12, 31)),
        pa.timestamp("us"),
        None,
        polars.Datetime("us"),
    ),
    "TIMESTAMP_S": (("'2020-01-01 01:02:03'", "'1970-01-01'"), (datetime.datetime(2020, 1, 1, 1, 2, 3), datetime.datetime(1970, 1, 1)), pa.timestamp("s"), None, polars.Datetime("ms")),
    "TIMESTAMP_MS": (
        ("'2020-01-01 01:02:03.004'", "'1970-01-01'"),
        (datetime.datetime(2020, 1, 1, 1, 2, 3, 4000), datetime.datetime(1970, 1, 1)),
        pa.timestamp("ms"),
        None,
        polars.Datetime("ms"),
    ),
    "TIMESTAMP_NS": (
        ("'2020-01-01 01:02:03.123456789'", "'1970-01-01'"),
        ("2020-01-01T01:02:03.123456789", "1970-01-01T00:00:00"),
        pa.timestamp("ns"),
        (pandas.Timestamp("2020-01-01 01:02:03.123456789"), pandas.Timestamp("1970-01-01")),
        polars.Datetime("ns"),
    ),
    "TIMESTAMPTZ": (
        ("'2020-06-01 01:02:03.000004+02'", "'1970-01-01 00:00:00+00'"),
        (datetime.datetime(2020, 5, 31, 23, 2, 3, 4, UTC), datetime.datetime(1970, 1, 1, tzinfo=UTC)),
        pa.timestamp("us", "UTC"),
        None,
        polars.Datetime("us", "UTC"),
    ),
    "INTERVAL": (
        ("'1 year 2 months -3 days 4.000005 seconds'", "'-25 hours'"),
        (Interval(14, -3, 4000005), Interval(0, 0, -90_000_000_000)),
        pa.month_day_nano_interval(),
        (pa.MonthDayNano([14, -3, 4000005000]), pa.MonthDayNano([0, 0, -90_000_000_000_000])),
        polars.Struct({"months": polars.Int32, "days": polars.Int32, "nanoseconds": polars.Int64}),
    ),
    "INTEGER[]": (("[1, NULL, 3]", "[]"), ([1, None, 3], []), pa.list_(pa.field("element", pa.int32())), None, polars.List(polars.Int32)),
    "FLOAT[3]": (("[1, 2, 3.5]", "[0, 0, 0]"), ([1, 2, 3.5], [0, 0, 0]), pa.list_(pa.field("element", pa.float32()), 3), None, polars.Array(polars.Float32, 3)),
    "STRUCT(\"a b\" INTEGER, c DATE[])": (
        ("{'a b': 1, 'c': [DATE '2020-01-01']}", "{'a b': NULL, 'c': NULL}"),
        ({"a b": 1, "c": [datetime.date(2020, 1, 1)]}, {"a b": None, "c": None}),
        pa.struct([("a b", pa.int32()), ("c", pa.list_(pa.field("element", pa.date32())))]),
        None,
        polars.Struct({"a b": polars.Int32, "c": polars.List(polars.Date)}),
    ),
    "MAP(VARCHAR, DECIMAL(5,2))": (
        ("MAP {'k': 1.25, 'l': NULL}", "MAP {}"),
        ({"k": D("1.25"), "l": None}, {}),
        pa.map_(pa.string(), pa.decimal128(5, 2)),
        ([("k", D("1.25")), ("l", None)], []),
        None,
    ),
}


# What lies at the edges: SQL type, literals, values in Arrow, as counted where Python's own types end.
EPOCH = datetime.date(1970, 1, 1)
EDGES = {
    "FLOAT": (["'nan'", "'inf'", "'-inf'", "'-0.0'", "1.4e-45", "3.4028235e38"], [math.nan, math.inf, -math.inf, -0.0, 1.401298464324817e-45, 3.4028234663852886e38]),
    "DOUBLE": (["'nan'", "'inf'", "'-inf'", "'-0.0'", "5e-324", "1.7976931348623157e308", "0.1"], [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1]),
    "HUGEINT": (["-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"], [D(-(2**127)), D(2**127 - 1)]),
    "DECIMAL(38,0)": (["'" + "9" * 38 + "'", "'-" + "9" * 38 + "'"], [D("9" * 38), D("-" + "9" * 38)]),
    "DECIMAL(38,38)": (["'0." + "9" * 38 + "'", "'-0." + "0" * 37 + "1'"], [D("0." + "9" * 38), D("-0." + "0" * 37 + "1")]),
    "DATE": (["'0044-03-15 (BC)'", "'5877642-06-25 (BC)'", "'9999-12-31'", "'5881580-07-10'"], [-735160, -2147483646, (datetime.date(9999, 12, 31) - EPOCH).days, 2147483646]),
    "TIMESTAMP": (["'290309-12-22 (BC) 00:00:00'", "'0044-03-15 (BC) 12:00:00'", "'9999-12-31 23:59:59.999999'", "'294247-01-10 04:00:54.775806'"], [-9223372022400000000, -735160 * 86_400_000_000 + 43_200_000_000, 253402300799999999, 9223372036854775806]),
    "TIMESTAMPTZ": (["'0044-03-15 (BC) 12:00:00+00'", "'9999-12-31 23:59:59.999999+00'"], [-735160 * 86_400_000_000 + 43_200_000_000, 253402300799999999]),
    "TIME": (["'00:00:00'", "'23:59:59.999999'"], [0, 86_399_999_999]),
    "TIME_NS": (["'00:00:00.000000001'", "'23:59:59.999999999'"], [1, 86_399_999_999_999]),
    "TIMESTAMP_NS": (["'1677-09-22 00:12:43.145224193'", "'2262-04-11 23:47:16.854775806'"], [-9223285636854775807, 9223372036854775806]),
    "UUID": (["'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'80000000-0000-0000-0000-000000000000'"], [str(uuid.UUID(int=2**128 - 1)), str(uuid.UUID(int=2**127))]),
    "BLOB": (["'" + "".join(f"\\x{n:02X}" for n in range(256)) + "'"], [bytes(range(256))]),
    "VARCHAR": (["'a' || chr(0) || 'b'", "repeat('🦆', 50000)", "'e\u0301'"], ["a\0b", "🦆" * 50000, "e\u0301"]),
    "INTEGER[][]": (["[[1], NULL, [], [NULL, 2]]", "[]", "[NULL]"], [[[1], None, [], [None, 2]], [], [None]]),
    "STRUCT(a INTEGER[], b STRUCT(c MAP(VARCHAR, INTEGER[])))": (
        ["{'a': [NULL], 'b': {'c': MAP {'k': [1, NULL], 'l': NULL}}}", "{'a': NULL, 'b': {'c': NULL}}", "{'a': [], 'b': NULL}"],
        [{"a": [None], "b": {"c": [("k", [1, None]), ("l", None)]}}, {"a": None, "b": {"c": None}}, {"a": [], "b": None}],
    ),
    "STRUCT(x DOUBLE, y DATE)[]": (["[{'x': 0.5, 'y': NULL}, NULL]", "[]"], [[{"x": 0.5, "y": None}, None], []]),
    "MAP(INTEGER, STRUCT(a VARCHAR))": (["MAP {1: {'a': 'x'}, 2: NULL}", "MAP {}"], [[(1, {"a": "x"}), (2, None)], []]),
}
COUNTED = {pa.date32(): pa.int32(), pa.timestamp("us"): pa.int64(), pa.timestamp("us", "UTC"): pa.int64(), pa.time64("us"): pa.int64(), pa.time64("ns"): pa.int64(), pa.timestamp("ns"): pa.int64()}


def same(one, other) -> bool:
    """Equal to the bit: nan is nan, and -0.0 is not 0.0."""
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


class EveryType(RealServer):
    def query(self, sql_type: str):
        first, second = TYPES[sql_type][0]
        return self.lake.sql(f"SELECT unnest([({first})::{sql_type}, NULL, ({second})::{sql_type}]) AS c")

    def each(self):
        for sql_type, (_, values, arrow_type, arrow_values, polars_type) in TYPES.items():
            with self.subTest(sql_type):
                first, second = arrow_values or values
                yield self.query(sql_type), [values[0], None, values[1]], arrow_type, [first, None, second], polars_type

    def test_rows_are_exact_python_values(self) -> None:
        for query, values, *_ in self.each():
            got = [row[0] for row in query.rows()]
            self.assertEqual(got, values)
            self.assertEqual([type(cell) for cell in got], [type(cell) for cell in values])

    def test_arrow_is_exact(self) -> None:
        for query, _, arrow_type, values, _ in self.each():
            table = query.arrow()
            table.validate(full=True)
            self.assertEqual(table.schema.field("c").type, arrow_type)
            self.assertEqual(table["c"].to_pylist(), values)

    def test_pandas_keeps_type_nulls_and_values(self) -> None:
        for query, _, arrow_type, values, _ in self.each():
            column = query.pandas()["c"]
            self.assertEqual(column.dtype, pandas.ArrowDtype(arrow_type))
            self.assertEqual(list(column.isna()), [False, True, False])
            self.assertEqual(pa.array(column).to_pylist(), values)

    def test_polars_keeps_type_nulls_and_values(self) -> None:
        for query, _, arrow_type, values, polars_type in self.each():
            column = query.polars()["c"]
            if polars_type is not None:
                self.assertEqual(column.dtype, polars_type)
            got = column.to_list()
            if isinstance(arrow_type, pa.MapType):
                got = [cell if cell is None else [tuple(e.values()) if isinstance(e, dict) else e for e in (cell.items() if isinstance(cell, dict) else cell)] for cell in got]
            elif arrow_type == pa.month_day_nano_interval():
                values = [cell if cell is None else {"months": cell.months, "days": cell.days, "nanoseconds": cell.nanoseconds} for cell in values]
            elif arrow_type == pa.timestamp("ns"):
                self.assertEqual(column.cast(polars.Int64).to_list(), [None if v is None else v.value for v in values])
                continue
            self.assertEqual(got, [int(v) if pa.types.is_decimal256(arrow_type) and v is not None else v for v in values])

    def counted(self, array):
        return array.cast(COUNTED[array.type]) if array.type in COUNTED else array

    def test_the_edges_of_every_type_are_exact(self) -> None:
        for sql_type, (literals, values) in EDGES.items():
            query = self.lake.sql(f"SELECT unnest([{', '.join(f'({text})::{sql_type}' for text in literals)}, NULL]) AS c")
            values = [*values, None]
            table = query.arrow()
            table.validate(full=True)
            forms = {"arrow": table["c"].combine_chunks(), "pandas": pa.array(query.pandas()["c"])}
            column = query.polars()["c"]
            if sql_type == "HUGEINT":  # polars' Int128 has no way back to Arrow
                self.assertEqual(column.to_list(), [None if v is None else int(v) for v in values])
            elif "MAP" not in sql_type:
                forms["polars"] = column.to_arrow()
            for form, array in forms.items():
                with self.subTest(f"{sql_type} in {form}"):
                    if isinstance(array, pa.ChunkedArray):
                        array = array.combine_chunks()
                    if sql_type == "TIME":
                        array = array.cast(pa.time64("us"))  # of polars in nanoseconds
                    got = [D(v) if sql_type == "HUGEINT" and v is not None else v for v in self.counted(array).to_pylist()]
                    self.assertEqual(len(got), len(values))
                    for one, other in zip(got, values):
                        self.assertTrue(same(one, other), f"{one!r:.200} is not {other!r:.200}")

    def test_a_sum_is_a_number_in_every_form(self) -> None:
        query = self.lake.sql("SELECT sum(range) AS total FROM range(1000)")
        self.assertEqual(query.scalar(), 499_500)
        self.assertEqual(query.arrow().schema.field("total").type, pa.decimal128(38, 0))
        self.assertEqual(int(query.pandas()["total"][0]), 499_500)
        self.assertEqual(query.polars()["total"].to_list(), [499_500])
        self.assertEqual(self.lake.sql("SELECT sum(range) AS total FROM range(0)").polars()["total"].to_list(), [None])

    def test_a_frame_becomes_a_dataset_and_comes_back_the_same(self) -> None:
        table = pa.table(
            {
                "flag": pa.array([True, None], pa.bool_()),
                "small": pa.array([-(2**31), None], pa.int32()),
                "long": pa.array([-(2**63), None], pa.int64()),
                "ratio": pa.array([1.5, None], pa.float32()),
                "exact": pa.array([0.1, None], pa.float64()),
                "text": pa.array(["ü🦆", None], pa.string()),
                "octets": pa.array([b"\0\xff", None], pa.binary()),
                "day": pa.array([datetime.date(2020, 2, 29), None], pa.date32()),
                "clock": pa.array([datetime.time(1, 2, 3, 4), None], pa.time64("us")),
                "at": pa.array([datetime.datetime(2020, 1, 1, 1, 2, 3, 4), None], pa.timestamp("us")),
                "at_utc": pa.array([datetime.datetime(2020, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
                "money": pa.array([D("123456789012345678.99"), None], pa.decimal128(20, 2)),
                "list": pa.array([[1, None], None], pa.list_(pa.field("element", pa.int64()))),
                "struct": pa.array([{"a": 1, "b": "x"}, None], pa.struct([("a", pa.int64()), ("b", pa.string())])),
            }
        )
        for name, frame in {"arrow": table, "pandas": table.to_pandas(types_mapper=pandas.ArrowDtype), "polars": polars.from_arrow(table)}.items():
            with self.subTest(name):
                self.lake.ingest(frame, f"frame_{name}")
                back = self.lake.sql(f"FROM frame_{name}")
                self.assertEqual(back.arrow().to_pylist(), table.to_pylist())
                self.assertEqual(back.arrow().schema.types, table.schema.types)
                self.assertTrue(back.polars().equals(polars.from_arrow(table)))
                self.assertEqual(list(back.pandas().dtypes), [pandas.ArrowDtype(t) for t in table.schema.types])

    def test_numpy_dtypes_are_there_for_who_wants_them(self) -> None:
        frame = self.lake.sql("SELECT 1 AS a, 'x' AS b").pandas(dtypes="numpy")
        self.assertEqual(str(frame.dtypes["a"]), "int32")

    def test_beyond_what_python_has_stays_text(self) -> None:
        row = self.lake.sql("SELECT 'infinity'::TIMESTAMP, '0044-03-15 (BC)'::DATE").rows()[0]
        self.assertEqual(row, ("infinity", "-0043-03-15"))

    def test_a_type_that_cannot_be_sent_is_refused_with_the_remedy(self) -> None:
        from lakehouse import InvalidRequest

        for value in ("union_value(a := 1)", "1::BIGNUM", "42::VARIANT", "'POINT(1 2)'::GEOMETRY"):
            for form in ("rows", "arrow"):
                with self.assertRaises(InvalidRequest) as refused:
                    getattr(self.lake.sql(f"SELECT {value} AS u"), form)()
                self.assertEqual(refused.exception.code, "unsupported_type")
                self.assertIn('"u"::VARCHAR', refused.exception.message)


if __name__ == "__main__":
    unittest.main()
