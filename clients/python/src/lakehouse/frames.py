"""Arrow's stream into pyarrow, pandas and polars. The packages are imported when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .errors import Interrupted, MissingPackage
from .transport import Response

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Dtypes = Literal["arrow", "numpy"]
_TYPE = b"lakehouse.type"
_WIDE = (b"HUGEINT", b"UHUGEINT")


def _missing(package: str, error: ImportError) -> MissingPackage:
    return MissingPackage("missing_package", f"this needs {package}: pip install 'lakehouse-client[{package}]'  ({error})")


def load_pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.ipc

        return pyarrow
    except ImportError as error:
        raise _missing("arrow", error) from error


class ArrowOctets:
    """A body as pyarrow reads it: into buffers of pyarrow's own pool, whose memory is warm from the answer before."""

    closed = False

    def __init__(self, response: Response) -> None:
        self._response = response
        self._allocate = load_pyarrow().allocate_buffer

    def read(self, size: int = -1) -> bytes:
        return self._response.read(size)

    def read_buffer(self, size: int) -> pyarrow.Buffer:
        buffer = self._allocate(size, resizable=True)
        filled = self._response.readinto(memoryview(buffer))
        if filled < size:
            buffer.resize(filled)
        return buffer


def read_table(response: Response) -> pyarrow.Table:
    """The whole answer, batch by batch as it comes; the columns lie in the octets that came, without a copy."""
    pa = load_pyarrow()
    try:
        with pa.ipc.open_stream(ArrowOctets(response)) as reader:
            table = reader.read_all()
        response.read()  # the end of the body, so that the connection can be kept
        return table
    except pa.ArrowInvalid as error:
        raise Interrupted("interrupted", f"the answer is no whole Arrow stream: {error}") from error
    finally:
        response.close()


def wide_integers_as_decimals(table: pyarrow.Table) -> pyarrow.Table:
    """HUGEINT and UHUGEINT travel as text, as Arrow has no 128-bit integer: decimal128(38, 0), or decimal256 where that is too small."""
    pa = load_pyarrow()
    for index, column in enumerate(table.schema):
        if (column.metadata or {}).get(_TYPE) not in _WIDE:
            continue
        values = table.column(index)
        longest = pa.compute.max(pa.compute.utf8_length(pa.compute.utf8_ltrim(values, characters="-"))).as_py() or 0
        wanted = pa.decimal128(38, 0) if longest <= 38 else pa.decimal256(39, 0)
        cast = values.cast(wanted)
        table = table.set_column(index, column.with_type(wanted), cast)
    return table


def to_pandas(table: pyarrow.Table, dtypes: Dtypes) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError as error:
        raise _missing("pandas", error) from error
    table = wide_integers_as_decimals(table)
    if dtypes == "numpy":
        return table.to_pandas()
    if dtypes != "arrow":
        raise ValueError(f"dtypes is {dtypes!r}; expected 'arrow' or 'numpy'")
    return table.to_pandas(types_mapper=pandas.ArrowDtype)


def _intervals_as_structs(table: pyarrow.Table) -> pyarrow.Table:
    """polars has no calendar interval: a struct of its three parts."""
    pa = load_pyarrow()
    parts = pa.struct([("months", pa.int32()), ("days", pa.int32()), ("nanoseconds", pa.int64())])
    for index, column in enumerate(table.schema):
        if column.type == pa.month_day_nano_interval():
            cells = [cell if cell is None else (cell.months, cell.days, cell.nanoseconds) for cell in table.column(index).to_pylist()]
            table = table.set_column(index, column.name, pa.array(cells, type=parts))
    return table


def to_polars(table: pyarrow.Table) -> polars.DataFrame:
    try:
        import polars
    except ImportError as error:
        raise _missing("polars", error) from error
    wide = {column.name: column.metadata[_TYPE] for column in table.schema if (column.metadata or {}).get(_TYPE) in _WIDE}
    frame = polars.from_arrow(_intervals_as_structs(table))
    assert isinstance(frame, polars.DataFrame)
    unsigned = getattr(polars, "UInt128", polars.Int128)
    return frame.with_columns(polars.col(name).cast(unsigned if kind == b"UHUGEINT" else polars.Int128) for name, kind in wide.items())
