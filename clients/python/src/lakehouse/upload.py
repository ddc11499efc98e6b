"""What `ingest` accepts, as octets to send."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import IO, Any, Callable, Union

from .errors import MissingPackage

# Any stands for the frames of packages that need not be installed.
Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes], Iterable[bytes], Any]
_CHUNK = 256 << 10


class Upload:
    """Octets with a name, a length when it is known, and whether they can be sent again."""

    def __init__(self, open_: Callable[[], Iterator[bytes]], length: int | None, repeatable: bool, file_name: str) -> None:
        self._open = open_
        self.length = length
        self.repeatable = repeatable
        self.file_name = file_name
        self.on_sent: Callable[[int], None] | None = None

    def chunks(self) -> Iterator[bytes]:
        sent = 0
        for chunk in self._open():
            yield chunk
            sent += len(chunk)
            if self.on_sent is not None:
                self.on_sent(sent)


def upload_of(source: Source, file_name: str | None = None) -> Upload:
    """A path, octets, an open binary file, an iterable of octets, or a frame of pandas, polars or pyarrow (sent as Parquet)."""
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        return Upload(lambda: _of_path(path), os.path.getsize(path), True, file_name or os.path.basename(path))
    if isinstance(source, (bytes, bytearray, memoryview)):
        octets = bytes(source)
        return Upload(lambda: _of_octets(octets), len(octets), True, file_name or "")
    frame = _parquet_of(source)
    if frame is not None:
        return Upload(lambda: _of_octets(frame), len(frame), True, file_name or "frame.parquet")
    if hasattr(source, "read"):
        file: Any = source
        return _of_file(file, file_name)
    if isinstance(source, Iterable):
        return Upload(lambda: iter(source), None, False, file_name or "")
    raise TypeError(f"cannot ingest a {type(source).__name__}; expected a path, bytes, a binary file, an iterable of bytes or a data frame")


def _of_path(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _of_octets(octets: bytes) -> Iterator[bytes]:
    view = memoryview(octets)
    for start in range(0, len(octets), _CHUNK):
        yield bytes(view[start : start + _CHUNK])


def _of_file(file: IO[bytes], file_name: str | None) -> Upload:
    if isinstance(file, io.TextIOBase):
        raise TypeError("the file is open as text; open it with mode 'rb'")
    named = getattr(file, "name", None)
    name = file_name or (os.path.basename(named) if isinstance(named, str) else "")
    start = file.tell() if _seekable(file) else None
    length = None
    if start is not None:
        length = file.seek(0, os.SEEK_END) - start
        file.seek(start)

    def chunks() -> Iterator[bytes]:
        if start is not None:
            file.seek(start)
        while chunk := file.read(_CHUNK):
            yield chunk

    return Upload(chunks, length, start is not None, name)


def _seekable(file: IO[bytes]) -> bool:
    return bool(getattr(file, "seekable", lambda: False)())


def _parquet_of(source: Any) -> bytes | None:
    """A data frame as Parquet; None when it is none."""
    module = type(source).__module__.split(".")[0]
    if module not in ("pandas", "polars", "pyarrow") or isinstance(source, io.IOBase):
        return None
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingPackage("missing_package", "sending a data frame needs pyarrow: pip install pyarrow") from error
    if module == "pandas":
        table = pyarrow.Table.from_pandas(source, preserve_index=False)
    elif module == "polars":
        table = (source.collect() if hasattr(source, "collect") else source).to_arrow()
    elif isinstance(source, pyarrow.RecordBatch):
        table = pyarrow.Table.from_batches([source])
    elif isinstance(source, pyarrow.Table):
        table = source
    else:
        return None
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table, sink)
    return sink.getvalue()
