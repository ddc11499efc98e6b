"""A question, and the forms its answer can take."""

from __future__ import annotations

import json
import os
import types
import warnings
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Callable

from . import frames
from .errors import InvalidRequest, TruncatedWarning
from .frames import Dtypes
from .parameters import Parameters, bind
from .sqltypes import rows_of
from .transport import Request, Response, Transport
from .values import Column

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

ARROW = "application/vnd.apache.arrow.stream"
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": ARROW,
    "ndjson": "application/x-ndjson",
    "json": "application/json",
}


class Rows(list[tuple[Any, ...]]):
    """The rows of an answer as tuples of Python values.

    columns: name and SQL type of each. truncated: "rows" or "bytes" when a limit cut it, else "". sequence: the state of the lake that
    was read; pass it to `sql(..., sequence=)` to read the same state again.
    """

    def __init__(self, rows: list[tuple[Any, ...]], columns: tuple[Column, ...], truncated: str, sequence: int) -> None:
        super().__init__(rows)
        self.columns = columns
        self.truncated = truncated
        self.sequence = sequence

    def dicts(self) -> list[dict[str, Any]]:
        """Each row by the names of its columns. InvalidRequest when two columns have one name."""
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise InvalidRequest("duplicate_columns", f"two columns have one name: {', '.join(names)}; name them with AS")
        return [dict(zip(names, row)) for row in self]


class Batches:
    """The answer batch by batch, while the server still computes. Close it early, or leave the `with`, and the query stops."""

    def __init__(self, response: Response, on_end: Callable[[Response], None]) -> None:
        pa = frames.load_pyarrow()
        self._response = response
        self._on_end = on_end
        self._ended = False
        try:
            self._reader = pa.ipc.open_stream(frames.ArrowOctets(response))
        except BaseException:
            response.close()
            raise
        self.schema: pyarrow.Schema = self._reader.schema

    def __iter__(self) -> Iterator[pyarrow.RecordBatch]:
        return self

    def __next__(self) -> pyarrow.RecordBatch:
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            if not self._ended:
                self._ended = True
                self._response.read()  # the end of the body, so that the connection can be kept
                self._on_end(self._response)
            raise
        except BaseException:
            self._response.close()
            raise

    @property
    def truncated(self) -> str:
        """ "rows" or "bytes" when a limit cut the answer; known after the last batch."""
        return self._response.truncated

    def close(self) -> None:
        self._response.close()

    def abort(self) -> None:
        """close() from another thread while a batch is awaited."""
        self._response.abort()

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self.close()


class Query:
    """One SELECT (or DESCRIBE, SUMMARIZE, SHOW, EXPLAIN). Nothing is sent until an answer is asked for; each asking runs it again."""

    def __init__(self, transport: Transport, sql: str, parameters: Parameters, max_rows: int | None, sequence: int | None) -> None:
        self._transport = transport
        self.text = bind(sql, parameters)
        self._max_rows = max_rows
        self._sequence = sequence
        self._truncated = ""

    def __repr__(self) -> str:
        return f"Query({self.text!r})"

    @property
    def truncated(self) -> str:
        """What cut the answer that ended last: "rows", "bytes" or "". A TruncatedWarning says so too, unless it was your max_rows."""
        return self._truncated

    def _open(self, media_type: str) -> Response:
        body: dict[str, Any] = {"sql": self.text}
        if self._max_rows is not None:
            body["max_rows"] = self._max_rows
        if self._sequence is not None:
            body["sequence"] = self._sequence
        headers = {"Accept": media_type, "Content-Type": "application/json"}
        return self._transport.open(Request("POST", "/v1/sql", body=json.dumps(body).encode(), headers=headers, safe=True))

    def _end(self, response: Response) -> None:
        self._truncated = response.truncated
        if self._truncated and not (self._truncated == "rows" and self._max_rows is not None):
            words = f"a limit of the server ({self._truncated}) cut the answer to {self.text!r:.200}"
            warnings.warn(TruncatedWarning(words), stacklevel=3)

    def _table(self) -> pyarrow.Table:
        response = self._open(ARROW)
        table = frames.read_table(response)
        self._end(response)
        return table

    def rows(self) -> Rows:
        """Tuples of Python values; needs no package. For 10,000 rows and more, arrow() is an order of magnitude faster."""
        response = self._open("application/json")
        sequence = int(response.header("X-Lakehouse-Snapshot") or 0)
        columns, rows, truncated = rows_of(response.read())
        self._end(response)
        return Rows(rows, tuple(Column(column["name"], column["type"]) for column in columns), truncated, sequence)

    def dicts(self) -> list[dict[str, Any]]:
        """Each row as a dict."""
        return self.rows().dicts()

    def scalar(self) -> Any:
        """The one value of an answer of one row and one column. InvalidRequest when it is anything else."""
        rows = self.rows()
        if len(rows) != 1 or len(rows[0]) != 1:
            raise InvalidRequest("not_scalar", f"expected one row of one column, got {len(rows)} of {len(rows.columns)}")
        return rows[0][0]

    def arrow(self) -> pyarrow.Table:
        """A pyarrow Table. HUGEINT (what sum() of integers gives) is decimal128(38, 0), or decimal256 when a value needs it."""
        return frames.wide_integers_as_decimals(self._table())

    def pandas(self, dtypes: Dtypes = "arrow") -> pandas.DataFrame:
        """A pandas DataFrame.

        dtypes="arrow": columns keep exactly their type and their nulls. "numpy": the classic dtypes, in which an integer column with
        nulls becomes float64.
        """
        return frames.to_pandas(self._table(), dtypes)

    def polars(self) -> polars.DataFrame:
        """A polars DataFrame. HUGEINT becomes Int128; INTERVAL a struct of months, days and nanoseconds."""
        return frames.to_polars(self._table())

    def batches(self) -> Batches:
        """Record batches of up to 65,536 rows while they come, in constant memory. Use it in a `with`."""
        frames.load_pyarrow()
        return Batches(self._open(ARROW), self._end)

    def write(self, target: str | os.PathLike[str] | IO[bytes], format: str | None = None) -> int:
        """Streams the answer into a file, as csv, parquet, arrow, ndjson or json; without a format by its ending. Returns its octets.

        A file that was not written to its end is removed.
        """
        if isinstance(target, (str, os.PathLike)):
            path = os.fspath(target)
            kind = format or os.path.splitext(path)[1].lstrip(".").lower()
            response = self._open(_media_type(kind))
            try:
                with open(path, "wb") as file:
                    octets = _copy(response, file)
            except BaseException:
                if os.path.exists(path):
                    os.unlink(path)
                raise
        else:
            response = self._open(_media_type(format or "csv"))
            octets = _copy(response, target)
        self._end(response)
        return octets


def _media_type(format: str) -> str:
    try:
        return MEDIA_TYPES[format]
    except KeyError:
        raise ValueError(f"the format {format!r} is not known; {', '.join(MEDIA_TYPES)} are") from None


def _copy(response: Response, file: IO[bytes]) -> int:
    octets = 0
    try:
        while chunk := response.read(256 << 10):
            file.write(chunk)
            octets += len(chunk)
    finally:
        response.close()
    return octets
