"""Statements that nobody wrote: a small grammar of SQL whose leaves are hostile, and the corpus cut up and put together otherwise. The same
seed makes the same statements."""
import random
import re

FILES = ("@S@/canary.csv", "@S@/canary.parquet", "@S@/canary.txt", "@L@/link.csv", "@L@/../secret/canary.csv", "in/x.parquet", "tmp/x", "/etc/passwd",
         "/proc/self/environ", "file://@S@/canary.csv", "http://127.0.0.1:@P@/x.csv", "s3://b/k", "@S@/can*.csv", "@O@/new.csv", "./in/*", "\\\\?\\@S@")
FILE_FUNCTIONS = ("read_csv", "read_csv_auto", "read_text", "read_blob", "read_parquet", "parquet_scan", "read_json", "read_ndjson_objects", "glob", "sniff_csv",
                  "parquet_metadata", "parquet_kv_metadata", "read_duckdb", "sqlite_scan", "iceberg_scan", "arrow_scan", "seq_scan", "query", "query_table")
CALLS = ("getenv('CANARY_ENV')", "current_setting('temp_directory')", "version()", "current_database()", "getvariable('x')", "nextval('s')", "pg_size_pretty(1)",
         "current_query()", "txid_current()", "which_secret('x','s3')", "error('x')", "write_log('x')", "set_config('a','b',true)", "in_search_path('a','b')",
         "json_execute_serialized_sql('x')", "from_substrait('x')", "parse_duckdb_log_message('a','b')", "add_parquet_key('a','b')", "user", "current_user")
CATALOGS = ("duckdb_tables()", "duckdb_settings()", "duckdb_secrets()", "duckdb_views()", "pragma_database_list()", "pragma_show('customers')", "duckdb_logs()",
            "information_schema.tables", "pg_catalog.pg_class", "sqlite_master", "system.information_schema.columns", "temp.main.customers", "memory.main.x",
            "main.duckdb_logs", "duckdb_temporary_files()", "pragma_storage_info('customers')", "\"customers:0\"", "\"hot:in/x\".main.rows", "checkpoint()")
PLAIN = ("1", "'a'", "NULL", "id", "name", "c.id", "*", "COLUMNS(*)", "count(*)", "lower(name)", "[1,2]", "{'a': 1}", "x -> x", "INTERVAL 1 DAY", "?", "$1",
         "DATE '2026-01-01'", "id::VARCHAR", "TRY_CAST(name AS INT)", "#1", "EXCLUDE (id)", "1e400", "$$x$$", "X'00'", "U&'\\0041'", "E'\\x41'", "-0.0", "ROW(1)")
STATEMENTS = ("COPY ({q}) TO '{f}'", "CREATE TABLE x AS {q}", "INSERT INTO customers {q}", "DELETE FROM customers WHERE {e}", "ATTACH '{f}' AS z", "EXPORT DATABASE '{f}'",
              "SET threads = {e}", "PRAGMA table_info('{f}')", "CALL {fn}('{f}')", "PREPARE p AS {q}", "EXPLAIN ANALYZE {q}", "EXPLAIN (FORMAT json) {q}", "INSTALL httpfs",
              "LOAD '{f}'", "USE memory", "UPDATE customers SET name = {e}", "MERGE INTO customers USING ({q}) s ON true WHEN MATCHED THEN DELETE", "VACUUM", "CHECKPOINT",
              "CREATE MACRO lower(x) AS ({e})", "CREATE SECRET s (TYPE s3)", "DETACH memory", "BEGIN", "DESCRIBE {q}", "SUMMARIZE {q}", "SHOW ALL TABLES", "PIVOT ({q}) ON {e}",
              "PIVOT customers ON {e} USING max({e})", "COMMENT ON TABLE customers IS 'x'", "{q}; {q}", "IMPORT DATABASE '{f}'")
NOISE = ("--\n", "/* x */", "/*/**/*/", "\n", "\t", "\u00a0", ";", "(", ")", "'", "\"", "$$", "\\", "\ufeff", "::", "AS MATERIALIZED", "AT (VERSION => 1)", "TABLESAMPLE 1%")
TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|\s+|.", re.DOTALL)


class Mutants:
    def __init__(self, seed, corpus, allowed=()):
        self.chance = random.Random(seed)
        # What eats time or memory by itself is tried once each elsewhere.
        self.seeds = [statement["sql"] for statement in corpus if not statement["cat"].startswith("dos") and len(statement["sql"]) < 2000]
        self.allowed = list(allowed)  # what people ask: one change of it often still runs, and an escape has to run

    def statements(self, count):
        for number in range(count):
            made = self.splice() if self.chance.random() < 0.4 else self.grown()
            yield {"id": f"mutant-{number}", "sql": made[:20_000]}

    def pick(self, *options):
        return self.chance.choice(options)

    def splice(self):
        tame = bool(self.allowed) and self.chance.random() < 0.5
        tokens = TOKEN.findall(self.chance.choice(self.allowed if tame else self.seeds))
        for _ in range(self.chance.randint(1, 2 if tame else 4)):
            at, kind = self.chance.randrange(len(tokens) + 1), self.chance.randrange(6)
            if kind == 0:
                tokens.insert(at, self.chance.choice(NOISE))
            elif kind == 1 and tokens:
                del tokens[at:at + self.chance.randint(1, 4)]
            elif kind == 2:
                tokens[at:at] = tokens[at:at + self.chance.randint(1, 6)]
            elif kind == 3:
                other = TOKEN.findall(self.chance.choice(self.seeds))
                begin = self.chance.randrange(len(other) + 1)
                tokens[at:at] = other[begin:begin + self.chance.randint(1, 12)]
            elif kind == 4 and tokens:
                at = min(at, len(tokens) - 1)
                tokens[at] = self.pick(tokens[at].upper(), tokens[at].lower(), f'"{tokens[at]}"', f"'{tokens[at]}'", tokens[at] + "()", f"({tokens[at]})")
            else:
                tokens[at:at] = [" ", self.expression(2), " "]
        return "".join(tokens)

    def grown(self):
        if self.chance.random() < 0.3:
            shape = self.chance.choice(STATEMENTS)
            return re.sub(r"\{(\w+)\}", lambda hole: {"q": self.query, "e": self.expression, "f": lambda _: self.chance.choice(FILES),
                                                      "fn": lambda _: self.chance.choice(FILE_FUNCTIONS)}[hole.group(1)](2), shape)
        return self.query(3)

    def query(self, depth):
        if depth == 0:
            return f"SELECT {self.expression(0)}"
        body = f"SELECT {self.expression(depth - 1)} FROM {self.table(depth - 1)}"
        extra = self.chance.randrange(12)
        if extra == 0:
            body = f"WITH {self.name()} AS ({self.query(depth - 1)}) {body}"
        elif extra == 1:
            body = f"WITH RECURSIVE r(a) AS ({self.query(depth - 1)} UNION ALL {self.query(depth - 1)}) {body}"
        elif extra == 2:
            body += f" WHERE {self.expression(depth - 1)}"
        elif extra == 3:
            body += f" {self.pick('UNION', 'EXCEPT ALL', 'INTERSECT', 'UNION ALL BY NAME')} {self.query(depth - 1)}"
        elif extra == 4:
            body += f" ORDER BY {self.expression(depth - 1)} LIMIT {self.expression(0)}"
        elif extra == 5:
            body += f" GROUP BY ALL HAVING {self.expression(depth - 1)}"
        elif extra == 6:
            body += f" QUALIFY {self.expression(depth - 1)}"
        return body

    def table(self, depth):
        kinds = (self.name, lambda: f"'{self.chance.choice(FILES)}'", lambda: f'"{self.chance.choice(FILES)}"',
                 lambda: f"{self.chance.choice(FILE_FUNCTIONS)}('{self.chance.choice(FILES)}')", lambda: self.chance.choice(CATALOGS), lambda: "customers c", lambda: "v_customers",
                 lambda: f"customers AT (VERSION => {self.expression(0)})", lambda: f"(VALUES ({self.expression(0)})) t(a)", lambda: f"unnest({self.expression(0)})",
                 lambda: f"range({self.pick('3', '-1', 'id', '(SELECT 2)')})")
        if depth > 0 and self.chance.random() < 0.4:
            return self.pick(f"({self.query(depth - 1)}) s", f"{self.table(depth - 1)} {self.pick('JOIN', 'LEFT JOIN', 'ASOF JOIN', 'POSITIONAL JOIN')} {self.table(depth - 1)} ON {self.expression(0)}",
                             f"{self.table(depth - 1)}, LATERAL ({self.query(depth - 1)}) l", f"(PIVOT {self.table(0)} ON {self.expression(0)} IN (1) USING {self.expression(0)})",
                             f"(DESCRIBE {self.query(depth - 1)})", f"(SHOW {self.name()})")
        return self.chance.choice(kinds)()

    def expression(self, depth):
        if depth == 0:
            return self.chance.choice(PLAIN if self.chance.random() < 0.7 else CALLS)
        inner = self.expression(depth - 1)
        return self.pick(inner, f"({self.query(depth - 1)})", f"CASE WHEN {inner} THEN {self.expression(0)} END", f"{inner} || {self.expression(0)}", f"EXISTS ({self.query(depth - 1)})",
                         f"{inner} IN ({self.query(depth - 1)})", f"list_transform([1], x -> {inner})", f"[y FOR y IN {inner}]", f"sum({inner}) OVER (ORDER BY {self.expression(0)})",
                         f"coalesce({inner}, {self.expression(0)})", f"struct_pack(a := {inner})", f"CAST({inner} AS {self.pick('INT', 'JSON', 'BLOB', 'STRUCT(a INT)', 'regclass')})",
                         f"{self.chance.choice(FILE_FUNCTIONS)}({inner})", f"json_extract({inner}, '$.a')", f"COLUMNS(c -> {inner})", f"main.{self.chance.choice(CALLS)}")

    def name(self):
        return self.pick("customers", "v_customers", "raw.customers", "main.customers", "\"../x\"", "safe", "system.queries", "system.files", "r", "x", "memory.customers", "\"customers\"")
