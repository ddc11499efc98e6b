"""Values into SQL: each becomes a literal that has exactly its type and value, at places a lexer has found to be parameters.

The server takes finished statements, so the client writes the values in. Nothing of a value can become SQL: text is only ever
placed between quotes, with the quotes in it doubled.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Union

Parameters = Union[Sequence[Any], Mapping[str, Any], None]

_TOKEN = re.compile(
    r"""
    (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))   # E'it\'s'
  | (?P<text>'(?:[^']|'')*(?:'|\Z))
  | (?P<name>"(?:[^"]|"")*(?:"|\Z))
  | (?P<line>--[^\n]*)
  | (?P<block>/\*)
  | \$(?P<tag>(?:[^\W\d]\w*)?)\$                   # $$text$$, $tag$text$tag$
  | \$(?P<named>\w+)
  | (?P<mark>\?)
  | (?P<word>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_LARGEST = 2**127 - 1


def bind(sql: str, parameters: Parameters) -> str:
    """`sql` with `?` replaced by the items of a sequence, or `$name` by those of a mapping ($1, $2 … also count into a sequence).

    ValueError when a parameter has no value or a value no parameter, TypeError for a value without an SQL type.
    """
    if parameters is None:
        return sql
    if isinstance(parameters, (str, bytes)):
        raise TypeError("parameters are a list, a tuple or a mapping, not a single text")
    named = dict(parameters) if isinstance(parameters, Mapping) else {str(i): value for i, value in enumerate(parameters, 1)}
    used: set[str] = set()
    parts: list[str] = []
    position, marks = 0, 0
    while True:
        token = _TOKEN.search(sql, position)
        if token is None:
            break
        parts.append(sql[position : token.start()])
        end = token.end()
        if token["block"] is not None:
            end = _end_of_comment(sql, token.start())
        elif token["tag"] is not None:
            closing = sql.find(token[0], end)
            end = len(sql) if closing < 0 else closing + len(token[0])
        name = token["named"]
        if token["mark"] is not None:
            marks += 1
            name = str(marks)
        if name is None:
            parts.append(sql[token.start() : end])
        elif name in named:
            used.add(name)
            parts.append(literal(named[name]))
        else:
            raise ValueError(f"the parameter {token[0] if token['named'] else f'? number {marks}'} has no value")
        position = end
    if unused := [name for name in named if name not in used]:
        raise ValueError(f"these values have no parameter in the statement: {', '.join(unused)}")
    return "".join(parts) + sql[position:]


def _end_of_comment(sql: str, start: int) -> int:
    """Comments nest."""
    depth, position = 1, start + 2
    for mark in re.compile(r"/\*|\*/").finditer(sql, position):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def _text(value: str) -> str:
    quoted = "'" + value.replace("'", "''") + "'"
    return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in value else quoted


def _decimal(value: decimal.Decimal) -> str:
    if not value.is_finite():
        return f"'{value}'::DOUBLE"
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    width = max(len(digits) + max(0, exponent), scale, 1)
    if width > 38:
        raise TypeError(f"{value} has {width} digits, and DECIMAL holds 38; pass a float or a str")
    return f"'{value:f}'::DECIMAL({width},{scale})"


def literal(value: Any) -> str:
    """The SQL literal of a Python value."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise TypeError(f"{value} is larger than any integer type; pass a Decimal, a float or a str")
        return f"({value})" if value < 0 else str(value)
    if isinstance(value, float):
        return f"'{value!r}'::DOUBLE" if math.isfinite(value) else f"'{value}'::DOUBLE"
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "'" + "".join(f"\\x{octet:02X}" for octet in bytes(value)) + "'::BLOB"
    if isinstance(value, datetime.datetime):
        kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc)
        return f"{kind} '{value.isoformat(sep=' ')}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, datetime.time):
        return f"{'TIME' if value.tzinfo is None else 'TIMETZ'} '{value.isoformat()}'"
    if isinstance(value, datetime.timedelta):
        return f"INTERVAL '{value // datetime.timedelta(microseconds=1)} microseconds'"
    if isinstance(value, uuid.UUID):
        return f"'{value}'::UUID"
    if isinstance(value, Mapping):
        if not value:
            raise TypeError("an empty mapping has no SQL type")
        return "{" + ", ".join(f"{_text(str(name))}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if hasattr(value, "item"):  # a scalar of numpy
        return literal(value.item())
    raise TypeError(f"a {type(value).__name__} has no SQL type; pass a str and cast it in the statement")
