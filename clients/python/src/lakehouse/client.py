"""The client: what a Lakehouse server can do, as methods."""

from __future__ import annotations

import json
import os
import ssl
import types
import urllib.parse
import uuid
from typing import Any, Callable

from . import values
from .errors import LakehouseError, make_error
from .parameters import Parameters
from .query import Query
from .transport import Request, Transport
from .upload import Source, upload_of
from .values import Commit, Dataset, Diff, Failure, Health, Job, PastQuery, Progress, Snapshot

VERSION = "0.1.0"
OnProgress = Callable[[Progress], None]
_POLL_MS = 250
_WAIT_MS = 10_000
_PAGE = 1_000


def _part(name: str) -> str:
    return urllib.parse.quote(name, safe="")


class Lakehouse:
    """A connection to a server. It may be shared by threads, keeps its TCP connections, and closes them with close() or `with`.

    url: of the server; else LAKEHOUSE_URL in the environment, else http://127.0.0.1:3110.
    token: else LAKEHOUSE_TOKEN in the environment; a server on loopback needs none.
    timeout: seconds without an octet before a request fails with TimedOut.
    retries: how often a request is repeated when the server is unavailable. Repeated are questions, and writes that the server can
        recognize by their Idempotency-Key; other writes only when no connection came about.
    ssl_context: for https with own certificates.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._transport = Transport(
            url or os.environ.get("LAKEHOUSE_URL") or "http://127.0.0.1:3110",
            token=token or os.environ.get("LAKEHOUSE_TOKEN"),
            timeout=timeout,
            retries=retries,
            ssl_context=ssl_context,
            user_agent=f"lakehouse-python/{VERSION}",
        )

    def __repr__(self) -> str:
        return f"Lakehouse({self._transport.url!r})"

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Lakehouse:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self.close()

    # Questions

    def sql(self, sql: str, parameters: Parameters = None, *, max_rows: int | None = None, sequence: int | None = None) -> Query:
        """A question; ask the Query for its answer: rows(), pandas(), polars(), arrow(), batches(), write().

        parameters: a list for `?`, a dict for `$name`. max_rows: cut the answer there. sequence: read the lake as it was after that record.
        """
        return Query(self._transport, sql, parameters, max_rows, sequence)

    # Files in

    def ingest(
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
        """Loads a path, bytes, an open binary file, an iterable of bytes or a data frame into the dataset `name`.

        mode: auto (create, else append), create, append, replace, upsert (needs key: the column that identifies a row).
        name: absent, after the file. format: csv, tsv, json, ndjson, parquet; absent, found out. header: whether CSV begins with names.
        nested: of JSON, flatten (members of objects become columns) or keep (objects are structs); absent, as the dataset has it.
        progress: called with a Progress while it is sent and loaded. wait: return when it is committed, else at once with the queued Job.

        Returns the Job; job.rows_rejected rows are in job.rejects_dataset. Conflict when the columns are not the dataset's, with the
        differences in details. The same bytes again change nothing (state "unchanged").
        """
        upload = upload_of(source, file_name)
        if progress is not None:
            upload.on_sent = lambda sent: progress(Progress("send", sent, upload.length))
        query: dict[str, str | int | None] = {
            "async": 1,
            "name": name,
            "mode": mode,
            "key": key,
            "format": format,
            "header": None if header is None else "yes" if header else "no",
            "nested": nested,
            "file_name": upload.file_name or None,
        }
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        job = values.job_of(self._json(Request("POST", "/v1/ingest", query, upload, headers))["job"])
        return self.wait(job, progress=progress) if wait else job

    def wait(self, job: Job | str, *, progress: OnProgress | None = None) -> Job:
        """Returns when the job has ended well; raises its error, or Cancelled, otherwise."""
        known = job if isinstance(job, Job) else self.job(job)
        while not known.ended:
            known = self._job(known.id, _WAIT_MS if progress is None else _POLL_MS)
            if progress is not None:
                progress(Progress(known.stage, known.bytes_done, known.bytes_total, known.rows_read, known.eta_seconds))
        if known.error is not None:
            raise _error_of(known)
        return known

    def _job(self, id: str, wait_ms: int) -> Job:
        return values.job_of(self._get(f"/v1/ingest/jobs/{_part(id)}", wait_ms=wait_ms)["job"])

    def job(self, id: str) -> Job:
        """How far a job is, or how it ended; a failed one is returned, not raised."""
        return self._job(id, 0)

    def jobs(self, limit: int = 100) -> list[Job]:
        """The last jobs, newest first."""
        return [values.job_of(job) for job in self._get("/v1/ingest/jobs", limit=limit)["jobs"]]

    def cancel(self, job: Job | str) -> Job:
        """Asks a job to stop; what it has committed stays."""
        id = job.id if isinstance(job, Job) else job
        return values.job_of(self._json(Request("DELETE", f"/v1/ingest/jobs/{_part(id)}"))["job"])

    def save(self, query: Query | str, name: str, *, mode: str = "create", wait: bool = True) -> Job:
        """Makes the answer to a query a dataset, inside the server. mode: as in ingest."""
        body = json.dumps({"sql": query.text if isinstance(query, Query) else query, "mode": mode}).encode()
        request = Request("POST", f"/v1/datasets/{_part(name)}/save-query", {"async": 1}, body, {"Content-Type": "application/json"})
        job = values.job_of(self._json(request)["job"])
        return self.wait(job) if wait else job

    # Datasets and their history

    def datasets(self, prefix: str = "") -> list[Dataset]:
        """All datasets, by name."""
        found: list[Dataset] = []
        after = ""
        while True:
            page = self._get("/v1/catalog/datasets", prefix=prefix, after=after, limit=_PAGE)
            found += [values.dataset_of(dataset) for dataset in page["datasets"]]
            if not page["more"]:
                return found
            after = found[-1].name

    def describe(self, name: str, *, version: int | None = None, sequence: int | None = None) -> Dataset:
        """One dataset: columns, rows, size; as it is, or as it was."""
        return values.dataset_of(self._get(f"/v1/catalog/datasets/{_part(name)}", version=version, sequence=sequence)["dataset"])

    def history(self, name: str, limit: int | None = None) -> list[Snapshot]:
        """The versions of a dataset, newest first; all of them without a limit."""
        found: list[Snapshot] = []
        while True:
            wanted = _PAGE if limit is None else min(_PAGE, limit - len(found))
            before = found[-1].version if found else None
            page = self._get(f"/v1/catalog/datasets/{_part(name)}/history", before=before, limit=wanted)
            found += [values.snapshot_of(snapshot) for snapshot in page["snapshots"]]
            if not page["more"] or (limit is not None and len(found) >= limit):
                return found

    def diff(self, name: str, from_version: int, to_version: int) -> Diff:
        """What changed between two versions."""
        query: dict[str, str | int | None] = {"from": from_version, "to": to_version}
        return values.diff_of(self._json(Request("GET", f"/v1/catalog/datasets/{_part(name)}/diff", query, safe=True)))

    def restore(self, name: str, version: int) -> Commit:
        """Makes an old version the newest one. The versions between stay readable."""
        return self._change("POST", f"/v1/catalog/datasets/{_part(name)}/restore", {"version": version})

    def drop(self, name: str) -> Commit:
        """Removes a dataset from the list; its past stays readable by version."""
        return self._change("DELETE", f"/v1/catalog/datasets/{_part(name)}")

    def delete_rows(self, name: str, key: str, keys: list[Any]) -> Job:
        """Deletes the rows whose column `key` holds one of the values, in one commit."""
        body = json.dumps({"key": key, "values": [str(value) for value in keys]}).encode()
        request = Request("POST", f"/v1/datasets/{_part(name)}/delete-rows", {}, body, {"Content-Type": "application/json"})
        return self.wait(values.job_of(self._json(request)["job"]))

    # The server

    def errors(self, limit: int = 100) -> list[Failure]:
        """What went wrong lately, on the server's account."""
        return [values.failure_of(failure) for failure in self._get("/v1/errors", limit=limit)["errors"]]

    def queries(self, limit: int = 100) -> list[PastQuery]:
        """The last statements, newest first."""
        return [values.past_query_of(query) for query in self._get("/v1/queries", limit=limit)["queries"]]

    def health(self) -> Health:
        """Whether the server answers and is ready. Unavailable when there is none."""
        status = str(self._get("/healthz")["status"])
        try:
            ready = self._get("/readyz")["status"] == "ready"
        except LakehouseError:
            ready = False
        return Health(status, ready, str(self._get("/debug/version")["version"]))

    # How it is sent

    def _json(self, request: Request) -> Any:
        return json.loads(self._transport.call(request)[1])

    def _get(self, path: str, **query: str | int | None) -> Any:
        return self._json(Request("GET", path, query, safe=True))

    def _change(self, method: str, path: str, body: dict[str, Any] | None = None) -> Commit:
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
        octets = None if body is None else json.dumps(body).encode()
        return values.commit_of(self._json(Request(method, path, {}, octets, headers)))


def _error_of(job: Job) -> LakehouseError:
    error = job.error or {}
    failure = make_error(int(error.get("http_status", 500)), error)
    failure.context.append(f"job {job.id}")
    return failure
