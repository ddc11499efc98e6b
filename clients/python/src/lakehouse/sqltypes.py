"""Cells of a JSON answer as Python values, by the SQL type of their column. Exact for every type, without any package."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import re
import uuid
from typing import Any, Callable, NamedTuple

Reader = Callable[[Any], Any]

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
_INTERVAL_PART = re.compile(r"(-?\d+) (year|month|day)s?|(-)?(\d+):(\d+):(\d+)(?:\.(\d+))?")


class Interval(NamedTuple):
    """A span of time as SQL keeps it: months and days have no fixed length."""

    months: int
    days: int
    microseconds: int


def _interval(text: str) -> Interval:
    months = days = micros = 0
    for part in _INTERVAL_PART.finditer(text):
        if part[2] == "year":
            months += 12 * int(part[1])
        elif part[2] == "month":
            months += int(part[1])
        elif part[2] == "day":
            days += int(part[1])
        else:
            seconds = (int(part[4]) * 60 + int(part[5])) * 60 + int(part[6])
            micros = seconds * 1_000_000 + int((part[7] or "0").ljust(6, "0"))
            if part[3]:
                micros = -micros
    return Interval(months, days, micros)


def _six_digits(text: str) -> str:
    """Python before 3.11 reads fractions of three or six digits only."""
    return re.sub(r"\.(\d+)", lambda found: "." + found[1].ljust(6, "0")[:6], text, count=1)


def _or_text(read: Callable[[str], Any]) -> Reader:
    """Dates beyond the years 1 to 9999, and infinity, have no Python value: they stay what they are, text."""

    def reader(cell: str) -> Any:
        try:
            return read(cell)
        except ValueError:
            return cell

    return reader


def _timestamp(cell: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(_six_digits(cell))


def _timestamp_tz(cell: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(_six_digits(cell.replace("Z", "+00:00")))


def _time_tz(cell: str) -> datetime.time:
    clock, sign, zone = re.split(r"([+-])", cell, maxsplit=1)
    return datetime.time.fromisoformat(_six_digits(clock) + sign + zone + (":00" if ":" not in zone else ""))


_SIMPLE: dict[str, Reader] = {
    "FLOAT": float,
    "DOUBLE": float,
    "DECIMAL": decimal.Decimal,
    "DATE": _or_text(datetime.date.fromisoformat),
    "TIME": _or_text(lambda cell: datetime.time.fromisoformat(_six_digits(cell))),
    "TIME WITH TIME ZONE": _or_text(_time_tz),
    "TIMESTAMP": _or_text(_timestamp),
    "TIMESTAMP_S": _or_text(_timestamp),
    "TIMESTAMP_MS": _or_text(_timestamp),
    "TIMESTAMP WITH TIME ZONE": _or_text(_timestamp_tz),
    "INTERVAL": _interval,
    "BLOB": base64.b64decode,
    "UUID": uuid.UUID,
    **dict.fromkeys(_INTEGERS, int),
}


def _same(cell: Any) -> Any:
    return cell


def _nullable(reader: Reader) -> Reader:
    return reader if reader is _same else lambda cell: None if cell is None else reader(cell)


class _Spelling:
    """Reads a type as the server spells it: STRUCT("a" INTEGER, "b" MAP(VARCHAR, DOUBLE)[])[3]."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def match(self, pattern: str) -> str:
        found = re.compile(pattern).match(self.text, self.at)
        if found is None:
            raise ValueError(f"cannot read the type {self.text!r} at {self.at}")
        self.at = found.end()
        return found[0]

    def members(self) -> dict[str, Reader]:
        members: dict[str, Reader] = {}
        while True:
            name = self.match(r'"(?:[^"]|"")*" ')[1:-2].replace('""', '"')
            members[name] = self.type()
            if not self.take(", "):
                break
        self.match(r"\)")
        return members

    def type(self) -> Reader:
        if self.take("STRUCT("):
            reader = _struct(self.members())
        elif self.take("MAP("):
            key = self.type()
            self.match(", ")
            reader = _map(key, self.type())
            self.match(r"\)")
        else:
            name = self.match(r"[A-Z_][A-Z_0-9 ]*")
            if self.take("("):  # of DECIMAL its digits, of ENUM its labels
                self.match(r"(?:'(?:[^']|'')*'|[^')])*\)")
            reader = _SIMPLE.get(name, _same)
        while self.text.startswith("[", self.at):
            self.match(r"\[\d*\]")
            reader = _list(reader)
        return _nullable(reader)


def _list(element: Reader) -> Reader:
    inner = _nullable(element)
    return lambda cell: [inner(item) for item in cell]


def _struct(members: dict[str, Reader]) -> Reader:
    return lambda cell: {name: reader(cell[name]) for name, reader in members.items()}


def _map(key: Reader, value: Reader) -> Reader:
    """A dict, or pairs when a key cannot be one of a dict (a list, a struct)."""

    def reader(cell: list[dict[str, Any]]) -> Any:
        pairs = [(key(entry["key"]), value(entry["value"])) for entry in cell]
        try:
            return dict(pairs)
        except TypeError:
            return pairs

    return reader


def reader_for(sql_type: str) -> Reader:
    """What turns a JSON cell of a column of this type into a Python value."""
    return _Spelling(sql_type).type()


def rows_of(answer: bytes) -> tuple[list[dict[str, str]], list[tuple[Any, ...]], str]:
    """Columns, rows and what the result was cut at ("" when it is whole) of an answer of POST /v1/sql."""
    document = json.loads(answer)
    columns: list[dict[str, str]] = document["columns"]
    readers = [reader_for(column["type"]) for column in columns]
    rows = document["rows"]
    if not any(reader is not _same for reader in readers):
        return columns, [tuple(row) for row in rows], document.get("truncated", "")
    return columns, [tuple([read(cell) for read, cell in zip(readers, row)]) for row in rows], document.get("truncated", "")
