"""The client for asyncio: the methods of Lakehouse, awaited.

Each runs the same code as its twin on a thread of its own pool: pyarrow and pandas read from blocking streams and compute for longer
than the network takes, so they would need a thread anyhow, and there is one implementation to trust. Cancelling a task cuts its
connection at once, on which the server stops the work.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import ssl
import types
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any, Callable, TypeVar

from .client import Lakehouse, OnProgress
from .frames import Dtypes
from .parameters import Parameters
from .query import Batches, Query, Rows
from .transport import CANCELLATION, Cancellation
from .upload import Source
from .values import Commit, Dataset, Diff, Failure, Health, Job, PastQuery, Progress, Snapshot

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    from typing_extensions import ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")


class _Runner:
    """Blocking work on threads; a cancelled task cuts the connection of its work."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="lakehouse")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        cancellation = Cancellation()
        context = contextvars.copy_context()
        context.run(CANCELLATION.set, cancellation)
        call = functools.partial(context.run, functools.partial(work, *args, **kwargs))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, call)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise

    def close(self) -> None:
        self._executor.shutdown(wait=False)


class AsyncBatches:
    """Batches, for `async for`; use it in an `async with`, so that leaving it early stops the query."""

    def __init__(self, runner: _Runner, query: Query) -> None:
        self._runner = runner
        self._query = query
        self._batches: Batches | None = None

    async def _opened(self) -> Batches:
        if self._batches is None:
            self._batches = await self._runner.run(self._query.batches)
        return self._batches

    @property
    def truncated(self) -> str:
        return "" if self._batches is None else self._batches.truncated

    async def schema(self) -> pyarrow.Schema:
        return (await self._opened()).schema

    def __aiter__(self) -> AsyncIterator[pyarrow.RecordBatch]:
        return self

    async def __anext__(self) -> pyarrow.RecordBatch:
        batches = await self._opened()
        try:
            batch = await self._runner.run(next, batches, None)
        except asyncio.CancelledError:
            batches.abort()
            raise
        if batch is None:
            raise StopAsyncIteration
        return batch

    async def close(self) -> None:
        if self._batches is not None:
            self._batches.close()

    async def __aenter__(self) -> AsyncBatches:
        await self._opened()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        await self.close()


class AsyncQuery:
    """Query, awaited."""

    def __init__(self, runner: _Runner, query: Query) -> None:
        self._runner = runner
        self._query = query
        self.text = query.text

    def __repr__(self) -> str:
        return f"AsyncQuery({self.text!r})"

    @property
    def truncated(self) -> str:
        return self._query.truncated

    async def rows(self) -> Rows:
        return await self._runner.run(self._query.rows)

    async def dicts(self) -> list[dict[str, Any]]:
        return await self._runner.run(self._query.dicts)

    async def scalar(self) -> Any:
        return await self._runner.run(self._query.scalar)

    async def arrow(self) -> pyarrow.Table:
        return await self._runner.run(self._query.arrow)

    async def pandas(self, dtypes: Dtypes = "arrow") -> pandas.DataFrame:
        return await self._runner.run(self._query.pandas, dtypes)

    async def polars(self) -> polars.DataFrame:
        return await self._runner.run(self._query.polars)

    def batches(self) -> AsyncBatches:
        return AsyncBatches(self._runner, self._query)

    async def write(self, target: str | os.PathLike[str] | IO[bytes], format: str | None = None) -> int:
        return await self._runner.run(self._query.write, target, format)


class AsyncLakehouse:
    """Lakehouse, awaited. max_requests: how many run at once; more wait."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        ssl_context: ssl.SSLContext | None = None,
        max_requests: int = 16,
    ) -> None:
        self._client = Lakehouse(url, token=token, timeout=timeout, retries=retries, ssl_context=ssl_context)
        self._runner = _Runner(max_requests)

    def __repr__(self) -> str:
        return "Async" + repr(self._client)

    async def close(self) -> None:
        self._client.close()
        self._runner.close()

    async def __aenter__(self) -> AsyncLakehouse:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        await self.close()

    def sql(self, sql: str, parameters: Parameters = None, *, max_rows: int | None = None, sequence: int | None = None) -> AsyncQuery:
        return AsyncQuery(self._runner, self._client.sql(sql, parameters, max_rows=max_rows, sequence=sequence))

    async def ingest(
        self,
        source: Source,
        name: str | None = None,
        *,
        mode: str = "auto",
        key: str | None = None,
        format: str | None = None,
        header: bool | None = None,
        nested: str | None = None,
        file_name: str | None = None,
        idempotency_key: str | None = None,
        progress: OnProgress | None = None,
        wait: bool = True,
    ) -> Job:
        return await self._runner.run(
            self._client.ingest,
            source,
            name,
            mode=mode,
            key=key,
            format=format,
            header=header,
            nested=nested,
            file_name=file_name,
            idempotency_key=idempotency_key,
            progress=_on_this_loop(progress),
            wait=wait,
        )

    async def wait(self, job: Job | str, *, progress: OnProgress | None = None) -> Job:
        return await self._runner.run(self._client.wait, job, progress=_on_this_loop(progress))

    async def job(self, id: str) -> Job:
        return await self._runner.run(self._client.job, id)

    async def jobs(self, limit: int = 100) -> list[Job]:
        return await self._runner.run(self._client.jobs, limit)

    async def cancel(self, job: Job | str) -> Job:
        return await self._runner.run(self._client.cancel, job)

    async def save(self, query: AsyncQuery | Query | str, name: str, *, mode: str = "create", wait: bool = True) -> Job:
        text = query if isinstance(query, str) else query.text
        return await self._runner.run(self._client.save, text, name, mode=mode, wait=wait)

    async def datasets(self, prefix: str = "") -> list[Dataset]:
        return await self._runner.run(self._client.datasets, prefix)

    async def describe(self, name: str, *, version: int | None = None, sequence: int | None = None) -> Dataset:
        return await self._runner.run(self._client.describe, name, version=version, sequence=sequence)

    async def history(self, name: str, limit: int | None = None) -> list[Snapshot]:
        return await self._runner.run(self._client.history, name, limit)

    async def diff(self, name: str, from_version: int, to_version: int) -> Diff:
        return await self._runner.run(self._client.diff, name, from_version, to_version)

    async def restore(self, name: str, version: int) -> Commit:
        return await self._runner.run(self._client.restore, name, version)

    async def drop(self, name: str) -> Commit:
        return await self._runner.run(self._client.drop, name)

    async def delete_rows(self, name: str, key: str, keys: list[Any]) -> Job:
        return await self._runner.run(self._client.delete_rows, name, key, keys)

    async def errors(self, limit: int = 100) -> list[Failure]:
        return await self._runner.run(self._client.errors, limit)

    async def queries(self, limit: int = 100) -> list[PastQuery]:
        return await self._runner.run(self._client.queries, limit)

    async def health(self) -> Health:
        return await self._runner.run(self._client.health)


def _on_this_loop(progress: OnProgress | None) -> OnProgress | None:
    """A callback that is called on the caller's loop, not on the thread that sends."""
    if progress is None:
        return None
    loop = asyncio.get_running_loop()

    def told(event: Progress) -> None:
        loop.call_soon_threadsafe(progress, event)

    return told
