"""Python client of Lakehouse.

>>> import lakehouse
>>> lake = lakehouse.connect()
>>> lake.sql("SELECT 40 + ? AS answer", [2]).scalar()
42
"""

from __future__ import annotations

from .aio import AsyncBatches, AsyncLakehouse, AsyncQuery
from .client import VERSION as __version__
from .client import Lakehouse
from .errors import (
    AccessDenied,
    Cancelled,
    Conflict,
    Interrupted,
    InvalidRequest,
    LakehouseError,
    MissingPackage,
    NotFound,
    OutcomeUnknown,
    ServerError,
    TimedOut,
    TruncatedWarning,
    Unavailable,
)
from .query import Batches, Query, Rows
from .sqltypes import Interval
from .values import Column, ColumnChange, Commit, Dataset, Diff, Failure, Health, Job, PastQuery, Progress, Snapshot

connect = Lakehouse

__all__ = [
    "AccessDenied",
    "AsyncBatches",
    "AsyncLakehouse",
    "AsyncQuery",
    "Batches",
    "Cancelled",
    "Column",
    "ColumnChange",
    "Commit",
    "Conflict",
    "Dataset",
    "Diff",
    "Failure",
    "Health",
    "Interrupted",
    "Interval",
    "InvalidRequest",
    "Job",
    "Lakehouse",
    "LakehouseError",
    "MissingPackage",
    "NotFound",
    "OutcomeUnknown",
    "PastQuery",
    "Progress",
    "Query",
    "Rows",
    "ServerError",
    "Snapshot",
    "TimedOut",
    "TruncatedWarning",
    "Unavailable",
    "__version__",
    "connect",
]
