"""Files of the sqllogictest form, as DuckDB writes them: records, loops and conditions."""
from dataclasses import dataclass

NUMERIC = ["tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint", "float", "double"]
TYPE_LISTS = {
    "<numeric>": NUMERIC,
    "<integral>": NUMERIC[:-2],
    "<signed>": NUMERIC[:5],
    "<unsigned>": NUMERIC[5:-2],
    "<alltypes>": ["bool", *NUMERIC, "varchar"],
}


@dataclass
class Record:
    kind: str  # "statement" or "query"
    words: list
    sql: str
    line: int


@dataclass
class Loop:
    variable: str
    values: list
    body: list


class Unsupported(Exception):
    """The file needs something that this harness does not have."""


def parse(text):
    """Records and loops of a file, in order."""
    lines = text.split("\n")
    stack = [[]]
    loops = []
    skipping = False
    at = 0
    while at < len(lines):
        words = lines[at].split()
        at += 1
        if not words or words[0].startswith("#"):
            continue
        directive = words[0]
        if directive in ("skipif", "onlyif"):
            raise Unsupported(directive)
        if directive == "mode":
            skipping = words[1] == "skip"
        elif directive in ("loop", "foreach"):
            loops.append(Loop(words[1], _values(words), []))
            stack.append(loops[-1].body)
        elif directive == "endloop":
            stack.pop()
            stack[-1].append(loops.pop())
        elif directive == "halt":
            break
        elif directive in ("statement", "query"):
            start = at
            while at < len(lines) and lines[at].strip() and lines[at].strip() != "----":
                at += 1
            sql = "\n".join(lines[start:at])
            if at < len(lines) and lines[at].strip() == "----":
                while at < len(lines) and lines[at].strip():
                    at += 1
            if not skipping:
                stack[-1].append(Record(directive, words, sql, start + 1))
    return stack[0]


def _values(words):
    if words[0] == "loop":
        return [str(number) for number in range(int(words[2]), int(words[3]))]
    values = []
    for word in words[2:]:
        if word.startswith("!"):
            raise Unsupported("foreach with exceptions")
        if word.startswith("<"):
            if word not in TYPE_LISTS:
                raise Unsupported("foreach " + word)
            values += TYPE_LISTS[word]
        else:
            values.append(word)
    return values


def unroll(items, variables=None):
    """The records with every loop run and every ${variable} filled in."""
    variables = variables or {}
    for item in items:
        if isinstance(item, Loop):
            for value in item.values:
                yield from unroll(item.body, {**variables, item.variable: value})
        else:
            sql = item.sql
            for name, value in variables.items():
                sql = sql.replace("${" + name + "}", value)
            yield Record(item.kind, item.words, sql.replace("{DATA_DIR}", "data"), item.line)
