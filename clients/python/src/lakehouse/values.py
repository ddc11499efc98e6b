"""What the server tells about datasets, jobs and itself. Fields that a newer server adds are ignored."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _time(micros: int) -> datetime.datetime | None:
    return _EPOCH + datetime.timedelta(microseconds=micros) if micros else None


@dataclass(frozen=True)
class Column:
    """A column of a dataset; `type` as SQL spells it."""

    name: str
    type: str
    field_id: int = 0
    tag: str = ""


@dataclass(frozen=True)
class Snapshot:
    """One version of a dataset. `sequence` is the record of the lake that made it, `operation` create, append, replace, …"""

    version: int
    sequence: int
    time: datetime.datetime | None
    operation: str
    columns: tuple[Column, ...]
    rows: int
    size_bytes: int
    file_count: int
    principal: str
    summary: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A dataset with its newest version, or with the one that was asked for."""

    name: str
    id: str
    created: datetime.datetime | None
    attributes: dict[str, str]
    head: Snapshot

    @property
    def version(self) -> int:
        return self.head.version

    @property
    def rows(self) -> int:
        return self.head.rows

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.head.columns


@dataclass(frozen=True)
class ColumnChange:
    """A column that differs between two versions; `change` is added, removed, widened, …"""

    column: str
    change: str
    from_type: str
    to_type: str


@dataclass(frozen=True)
class Diff:
    """What changed between two versions: columns, number of rows, data files."""

    columns: tuple[ColumnChange, ...]
    rows_before: int
    rows_after: int
    files_added: tuple[str, ...]
    files_removed: tuple[str, ...]


@dataclass(frozen=True)
class Commit:
    """A change that is durable and visible. `versions` holds the new version of each dataset in it."""

    id: str
    sequence: int
    time: datetime.datetime | None
    versions: dict[str, int]


@dataclass(frozen=True)
class Job:
    """A file, or a query's result, on its way into a dataset.

    state: queued, running, committed, unchanged (these bytes were in it before), failed or cancelled.
    stage: detect, parse, write, upload, commit.
    error: the `error` object of a job that failed; `Lakehouse.wait` raises it.
    """

    id: str
    state: str
    stage: str
    name: str
    file_name: str
    format: str
    bytes_total: int
    bytes_done: int
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    rejects_dataset: str
    eta_seconds: float | None
    started: datetime.datetime | None
    finished: datetime.datetime | None
    version: int | None
    sequence: int | None
    dataset_id: str
    notes: tuple[str, ...]
    error: dict[str, Any] | None

    @property
    def ended(self) -> bool:
        return self.state not in ("queued", "running")


@dataclass(frozen=True)
class Progress:
    """Told during `ingest`. stage "send" counts bytes that left this machine, all others are the job's own.

    bytes_total is None while it is unknown: the source is an iterable.
    """

    stage: str
    bytes_done: int
    bytes_total: int | None
    rows: int = 0
    eta_seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """One entry of the server's journal of errors."""

    time: datetime.datetime | None
    kind: str
    service: str
    object: str
    request_id: str
    principal: str
    message: str


@dataclass(frozen=True)
class PastQuery:
    """A statement of the past; `outcome` is ok, truncated or the code of its error."""

    id: str
    sql: str
    principal: str
    started: datetime.datetime | None
    seconds: float
    rows: int
    bytes: int
    outcome: str
    message: str


@dataclass(frozen=True)
class Health:
    """Whether the server answers, is ready for work, and what it is."""

    status: str
    ready: bool
    version: str


def column_of(json: dict[str, Any]) -> Column:
    return Column(json["name"], json["type"], json.get("field_id", 0), json.get("tag") or "")


def snapshot_of(json: dict[str, Any]) -> Snapshot:
    return Snapshot(
        json["version"],
        json["sequence"],
        _time(json["time_micros"]),
        json["operation"],
        tuple(column_of(column) for column in json["schema"]["columns"]),
        json["rows"],
        json["size_bytes"],
        json["file_count"],
        json.get("principal", ""),
        dict(json.get("summary", {})),
    )


def dataset_of(json: dict[str, Any]) -> Dataset:
    return Dataset(json["name"], json["id"], _time(json["created_micros"]), dict(json.get("attributes", {})), snapshot_of(json["head"]))


def diff_of(json: dict[str, Any]) -> Diff:
    return Diff(
        tuple(ColumnChange(c["column"], c["change"], c.get("from_type") or "", c.get("to_type") or "") for c in json["columns"]),
        json["rows_before"],
        json["rows_after"],
        tuple(file["key"] for file in json["added"]),
        tuple(file["key"] for file in json["removed"]),
    )


def commit_of(json: dict[str, Any]) -> Commit:
    versions = {snapshot["dataset"]: snapshot["version"] for snapshot in json.get("snapshots", [])}
    return Commit(json["commit_id"], json["sequence"], _time(json["time_micros"]), versions)


def job_of(json: dict[str, Any]) -> Job:
    return Job(
        json["id"],
        json["state"],
        json["stage"],
        json["name"],
        json["file_name"],
        json["format"],
        json["bytes_total"],
        json["bytes_done"],
        json["rows_read"],
        json["rows_loaded"],
        json["rows_rejected"],
        json["rejects_dataset"],
        json.get("eta_seconds"),
        _time(json["started_micros"]),
        _time(json["finished_micros"]),
        json.get("version"),
        json.get("sequence"),
        json["dataset_id"],
        tuple(json["notes"]),
        json.get("error"),
    )


def failure_of(json: dict[str, Any]) -> Failure:
    return Failure(
        _time(json["time_micros"]),
        json["kind"],
        json["service"],
        json["object"],
        json["request_id"],
        json["principal"],
        json["message"],
    )


def past_query_of(json: dict[str, Any]) -> PastQuery:
    return PastQuery(
        json["query_id"],
        json["sql"],
        json["principal"],
        _time(json["started_micros"]),
        json["duration_micros"] / 1e6,
        json["rows"],
        json["bytes"],
        json["outcome"],
        json["message"],
    )
