"""What can go wrong, one class per reaction of the caller; `code` says exactly what it was."""

from __future__ import annotations

import json
from typing import Any


class LakehouseError(Exception):
    """Base of all errors of this package.

    code: the machine-readable name, for example "dataset_not_found" or "parser"; stable, meant for comparisons.
    message: what was attempted, found and expected, for people.
    status: of the HTTP answer; None when there was none.
    context: what was being done, outermost last.
    details: data about the error, for example {"position": 7}, in octets of the statement in UTF-8, or the columns that differ.
    request_id: finds the request in the server's log and in `Lakehouse.errors()`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        context: list[str] | None = None,
        details: Any = None,
        request_id: str = "",
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.context = list(context or [])
        self.details = details
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class InvalidRequest(LakehouseError):
    """The question is wrong, whoever asks it: SQL that does not parse, a file that is none, a parameter out of range. Mend it."""


class AccessDenied(LakehouseError):
    """No token, a wrong one, or one that may not do this."""


class NotFound(LakehouseError):
    """No such dataset, version or job."""


class Conflict(LakehouseError):
    """The state of the lake forbids it: other columns, a name that is taken, somebody else was first. Look again, then decide."""


class Cancelled(LakehouseError):
    """It was stopped on request."""


class TimedOut(LakehouseError):
    """It took longer than the server or this client allows. A write may have happened nevertheless."""


class Unavailable(LakehouseError):
    """The server is not there or has too much to do; nothing was done. Later it may work."""


class OutcomeUnknown(LakehouseError):
    """A write was sent and no answer came: it may have happened. Look before sending it again."""


class Interrupted(LakehouseError):
    """The answer broke off; what came before is not the whole result."""


class ServerError(LakehouseError):
    """A defect or damage on the server's side. Report it with the request_id."""


class MissingPackage(LakehouseError, ImportError):
    """A form of the result needs a package that is not installed."""


class TruncatedWarning(UserWarning):
    """A limit of the server cut the answer: what came is not all. Ask for less, or let the server's query.max_rows be raised."""


_BY_STATUS: dict[int, type[LakehouseError]] = {
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    408: TimedOut,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    429: Unavailable,
    499: Cancelled,
    502: Unavailable,
    503: Unavailable,
    504: TimedOut,
}


def make_error(status: int, error: dict[str, Any]) -> LakehouseError:
    """The exception for the `error` object of an answer, or of a job that failed."""
    code = str(error.get("code", "unknown"))
    details = error.get("details")
    if isinstance(details, str):  # a job keeps them as text
        try:
            details = json.loads(details) if details else None
        except ValueError:
            pass
    kind: type[LakehouseError]
    if "outcome_unknown" in (code, error.get("kind")):
        kind = OutcomeUnknown
    else:
        kind = _BY_STATUS.get(status, InvalidRequest if 400 <= status < 500 else ServerError)
    return kind(
        code,
        str(error.get("message", "")),
        status=status,
        context=[str(line) for line in error.get("context", [])],
        details=details,
        request_id=str(error.get("request_id", "")),
    )


def error_of_answer(status: int, body: bytes) -> LakehouseError:
    """The exception for an answer that is no success, also when something between us and the server wrote it."""
    try:
        error = json.loads(body)["error"]
        if isinstance(error, dict):
            return make_error(status, error)
    except (ValueError, KeyError, TypeError):
        pass
    text = body[:500].decode("utf-8", "replace").strip()
    return make_error(status, {"code": f"http_{status}", "message": text or f"the server answered {status}"})
