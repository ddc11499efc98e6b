"""`lakehouse sql` as a prompt at a real pseudo-terminal, as a filter, and the command line around it."""
import os
import re
import shutil
import subprocess
import unittest

from lakehouse_process import BINARY, Lakehouse, run_command, temporary_directory
from terminal_session import TerminalSession
from witness import wait_until

PROMPT = r"lakehouse> $"
FOREVER = "SELECT count(*) FROM range(100000) a, range(100000) b WHERE a.range * 7 + b.range = -1"  # 10^10 rows
TOKEN = "a-token-of-this-session-0123456789"


class Prompt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "log.level=error")).start()
        cls.url = f"http://{cls.server.host}:{cls.server.port}"
        assert cls.server.ingest("people", "id,name,pay_rate\n1,Ann,20.5\n2,Bob,\n").status == 201
        assert cls.server.ingest("places", "city,zip\nGary,46402\n").status == 201

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def setUp(self):
        state = temporary_directory()
        self.addCleanup(state.cleanup)
        self.state = state.name
        self.history = os.path.join(self.state, "lakehouse", "sql_history")

    def session(self, *arguments, environment=None, **options):
        return TerminalSession("sql", "--server", self.url, *arguments, environment={"XDG_STATE_HOME": self.state, "HOME": self.state, **(environment or {})}, **options)

    def start(self, **options):
        terminal = self.session(**options)
        self.addCleanup(terminal.__exit__)
        terminal.await_text(PROMPT)
        return terminal

    def ask(self, terminal, text, wanted=PROMPT):
        terminal.send(text + "\r")
        return terminal.await_text(r"\n.*" + wanted)

    def test_a_statement_is_answered_with_its_rows_and_time(self):
        terminal = self.start()
        seen = self.ask(terminal, "SELECT * FROM people ORDER BY id;")
        self.assertRegex(seen, r"id  name  pay_rate\n--  ----  --------\n 1  Ann       20\.5\n 2  Bob       NULL\n\(2 rows, \d+ ms\)\n")
        terminal.send("\x04")
        self.assertEqual(terminal.await_end(), 0)

    def test_a_statement_takes_lines_until_its_semicolon(self):
        terminal = self.start()
        terminal.send("SELECT 40\r")
        terminal.await_text(r"\.\.\.> $")
        terminal.send("+ 2 AS answer -- ;\r")
        terminal.await_text(r"\.\.\.> $")
        terminal.send(";\r")
        self.assertRegex(terminal.await_text(r"\n.*" + PROMPT), r"answer\n------\n +42\n")

    def test_tab_completes_tables_columns_functions_keywords_and_commands(self):
        terminal = self.start()
        terminal.send("sel\t pay\t, upp\tname) from peo\t;\r")
        seen = terminal.await_text(r"rows?, .*" + PROMPT)
        self.assertRegex(seen, r"select pay_rate, upper\(name\) from people;\n")
        terminal.send("FROM p\t\t")
        self.assertRegex(terminal.await_text(r"people  places\n.*FROM p$"), "people  places")
        terminal.send("\x03")
        terminal.await_text(PROMPT)
        terminal.send("\\ti\t\r")
        terminal.await_text(r"timing: off.*" + PROMPT)

    def test_names_of_a_new_dataset_are_completed_after_its_ingest(self):
        terminal = self.start()
        terminal.send("FROM newc\t")
        terminal.await_text("\a")
        self.assertEqual(self.server.ingest("newcomers", "a\n1\n").status, 201)
        terminal.send("\x15SELECT 1;\r")  # its answer tells of the newer state
        terminal.await_text(r"\(1 row.*" + PROMPT)
        terminal.send("FROM newc\t;\r")
        terminal.await_text(r"\(1 row.*" + PROMPT)

    def test_d_shows_datasets_and_one_of_them(self):
        terminal = self.start()
        self.assertRegex(self.ask(terminal, "\\d"), r"people +2 +3 ")
        seen = self.ask(terminal, "\\d people")
        self.assertRegex(seen, r"pay_rate  DOUBLE")
        self.assertRegex(seen, r"\(3 columns, 2 rows in 1 file")
        self.assertRegex(seen, r"      1  20\d\d-\d\d-\d\d \d\d:\d\d:\d\d  create")
        self.assertIn("nearest", self.ask(terminal, "\\d peple"))

    def test_settings_of_the_session(self):
        terminal = self.start()
        self.assertIn("timing: off", self.ask(terminal, "\\timing"))
        self.assertRegex(self.ask(terminal, "SELECT 1 AS one;"), r"\(1 row\)\n")
        self.assertIn("expanded rows: on", self.ask(terminal, "\\x"))
        self.assertIn("name     | Ann\n", self.ask(terminal, "SELECT name FROM people WHERE id = 1;".replace("name", "name AS \"name    \"", 1)))
        self.ask(terminal, "\\x off")
        self.ask(terminal, "\\format csv")
        self.assertIn("id,name\n1,Ann\n", self.ask(terminal, "SELECT id, name FROM people LIMIT 1;"))
        self.assertIn("not for a terminal", self.ask(terminal, "\\format arrow\rSELECT 1;", "terminal.*" + PROMPT))
        self.ask(terminal, "\\format table")
        self.ask(terminal, "\\limit 1")
        self.assertIn("there are more", self.ask(terminal, "FROM people;"))
        self.assertIn("did you mean \\timing?", self.ask(terminal, "\\timin"))
        self.assertIn("did you mean ndjson?", self.ask(terminal, "\\format ndjsn"))
        self.assertIn("\\timing", self.ask(terminal, "\\?"))
        self.assertIn("AT (VERSION", self.ask(terminal, "\\h"))
        terminal.send("\\q\r")
        self.assertEqual(terminal.await_end(), 0)

    def test_results_go_to_a_file_and_statements_come_from_one(self):
        terminal = self.start()
        result, script = os.path.join(self.state, "people.parquet"), os.path.join(self.state, "three.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write("SELECT 'first' AS n;\nSELEC;\nSELECT 'never' AS n;\n")
        self.ask(terminal, "\\format parquet")
        self.ask(terminal, "\\o " + result)
        self.assertIn("written to", self.ask(terminal, "FROM people;"))
        self.assertIn("takes one a file", self.ask(terminal, "FROM people;"))
        self.ask(terminal, "\\o")
        with open(result, "rb") as file:
            octets = file.read()
        self.assertTrue(octets.startswith(b"PAR1") and octets.endswith(b"PAR1"))
        self.ask(terminal, "\\format table")
        seen = self.ask(terminal, "\\i " + script)
        self.assertIn("first", seen)
        self.assertRegex(seen, "line 2 of .*three.sql")
        self.assertNotIn("never", seen)

    def test_the_editor_changes_the_last_statement(self):
        editor = os.path.join(self.state, "editor")
        with open(editor, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nsed -i s/1/42/ "$1"\n')
        os.chmod(editor, 0o700)
        terminal = self.start(environment={"EDITOR": editor})
        self.ask(terminal, "SELECT 1 AS n;")
        terminal.send("\\e\r")
        terminal.await_text(r"SELECT 42 AS n;$")
        terminal.send("\r")
        self.assertRegex(terminal.await_text(r"row, .*" + PROMPT), r"\n42\n")

    def test_ctrl_c_cancels_at_the_server_and_the_prompt_goes_on(self):
        terminal = self.start()
        terminal.send(FOREVER + ";\r")
        wait_until("it runs", lambda: self.server.get("/debug/tasks").json()["query_workers"]["busy"] == 1)
        terminal.send("\x03")
        terminal.await_text(r"cancelled\n.*" + PROMPT)
        wait_until("it is stopped", lambda: self.server.get("/debug/tasks").json()["query_workers"]["busy"] == 0)
        self.assertIn("42", self.ask(terminal, "SELECT 40 + 2 AS n;"))

    def test_ctrl_c_clears_what_was_typed(self):
        terminal = self.start()
        terminal.send("SELECT nonsense\x03")
        terminal.await_text(r"\^C\n.*" + PROMPT)
        self.assertRegex(self.ask(terminal, "SELECT 1 AS one;"), r"one\n---\n  1\n")

    def test_a_wrong_statement_is_shown_with_a_caret_under_the_place(self):
        terminal = self.start()
        seen = self.ask(terminal, "SELECT 1, nope FROM people;")
        self.assertRegex(seen, r"\n  line 1: SELECT 1, nope FROM people\n {20}\^\n")
        self.assertRegex(terminal.raw.decode(), "\x1b\\[31m")
        seen = self.ask(terminal, "SELECT 'é',\x1b\r 1 frm people x y;")
        self.assertRegex(seen, r"\n  line 2:  1 frm people x y\n *\^\n")

    def test_colours_only_where_they_are_wanted(self):
        terminal = self.start(environment={"NO_COLOR": "1"})
        self.ask(terminal, "SELECT nope, 'text' FROM people; -- comment")
        self.assertNotRegex(terminal.raw.decode(), "\x1b\\[[0-9;]*m")
        coloured = self.start()
        self.ask(coloured, "SELECT 'text';")
        self.assertIn("\x1b[1;34mSELECT\x1b[0m", coloured.raw.decode())
        self.assertIn("\x1b[32m'text'\x1b[0m", coloured.raw.decode())

    def test_history_stays_between_sessions_and_is_searched(self):
        first = self.start()
        self.ask(first, "SELECT 11\x1b\r+ 22 AS sum;")
        self.ask(first, "SELECT 2 AS two;")
        self.ask(first, "  SELECT 3 AS kept_out;")
        first.send("\x04")
        self.assertEqual(first.await_end(), 0)
        self.assertEqual(os.stat(self.history).st_mode & 0o777, 0o600)
        with open(self.history, encoding="utf-8") as file:
            self.assertEqual(file.read(), "SELECT 11\\n+ 22 AS sum;\nSELECT 2 AS two;\n")
        second = self.start()
        second.send("\x1b[A")
        second.await_text(r"SELECT 2 AS two;$")
        second.send("\r")
        second.await_text(r"row, .*" + PROMPT)
        second.send("\x12AS su")
        second.await_text(r"\(search\) 'AS su': SELECT 11\n")
        second.send("\r")
        self.assertRegex(second.await_text(r"row, .*" + PROMPT), r"sum\n---\n 33\n")

    def test_what_does_not_fit_goes_to_the_pager(self):
        pager = os.path.join(self.state, "pager")
        with open(pager, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho PAGED "$LESS"\nwc -l\n')
        os.chmod(pager, 0o700)
        terminal = self.start(environment={"PAGER": pager})
        self.assertRegex(self.ask(terminal, "SELECT * FROM range(100);"), r"PAGED SFXR\n103\n")
        self.assertRegex(self.ask(terminal, "SELECT repeat('x', 300) AS long, 'tail' AS tail;"), r"PAGED")
        self.assertNotIn("PAGED", self.ask(terminal, "SELECT 1;"))
        self.ask(terminal, "\\pager off")
        self.assertNotIn("PAGED", self.ask(terminal, "SELECT * FROM range(100);"))

    @unittest.skipUnless(shutil.which("less"), "there is no less on this machine")
    def test_less_shows_a_long_result_and_gives_the_prompt_back(self):
        terminal = self.start(environment={"PAGER": "less"})
        terminal.send("SELECT range AS n FROM range(500);\r")
        terminal.await_text(r"\n *25\n.*:$")
        terminal.send("q")
        terminal.await_text(PROMPT)
        self.assertIn("42", self.ask(terminal, "SELECT 42;"))

    def test_a_pager_that_is_not_there_is_done_without(self):
        terminal = self.start(environment={"PAGER": "no-such-pager-here"})
        self.assertRegex(self.ask(terminal, "SELECT * FROM range(100);"), r"\n +99\n")

    def test_long_cells_are_cut_to_the_width_of_the_terminal(self):
        terminal = self.start(columns=60)
        seen = self.ask(terminal, "SELECT repeat('x', 300) AS long, 'end' AS tail;")
        line = re.search(r"\n(x+… +end)\n", seen)
        self.assertTrue(line, seen)
        self.assertLessEqual(len(line[1]), 60)

    def test_a_hostile_cell_cannot_command_the_terminal(self):
        terminal = self.start()
        before = len(terminal.raw)
        hostile = "SELECT chr(27) || ']0;owned' || chr(7) || chr(27) || '[2J' || chr(155) || '31m' || chr(8238) AS \"" + "cell\" FROM people LIMIT 1;"
        for command in ("\\format table", "\\x on", "\\format csv", "\\format ndjson"):
            self.ask(terminal, command)
            seen = self.ask(terminal, hostile)
            self.assertIn("owned", seen)
        sent = terminal.raw[before:].decode()
        for bad in ("\x1b]0;", "\x1b[2J", "\x9b31m", "\u202e"):
            self.assertNotIn(bad, sent)
        self.assertIn("␛]0;owned␇", sent)

    def test_a_pasted_script_is_one_input(self):
        terminal = self.start()
        terminal.send("\x1b[200~SELECT 'one' AS a;\nSELECT 'two' AS b;\x1b[201~")
        terminal.await_text(r"two' AS b;$")
        terminal.send("\r")
        seen = terminal.await_text(r"row, .*row, .*" + PROMPT)
        self.assertRegex(seen, r"(?s)\none\n.*\ntwo\n")

    def test_a_narrow_window_and_a_long_statement_stay_editable(self):
        terminal = self.start(columns=20, rows=5)
        terminal.send("SELECT " + "1 + " * 60 + "1 AS n;\x01\x05\x1b[D\x1b[C\r")
        self.assertRegex(terminal.await_text(r"row, .*" + PROMPT), r"\n *61\n")

    def test_without_a_server_the_prompt_does_not_begin(self):
        with TerminalSession("sql", "--server", "http://127.0.0.1:1", environment={"XDG_STATE_HOME": self.state}) as terminal:
            terminal.await_text("no server answers at http://127.0.0.1:1")
            self.assertEqual(terminal.await_end(), 3)


class Token(unittest.TestCase):
    def test_the_token_is_never_in_the_history(self):
        with temporary_directory() as place, Lakehouse(place, ("up", "--set", "auth.required=true"), {"LAKEHOUSE_SECRET_AUTH_TOKEN": TOKEN}) as server:
            token_file = os.path.join(place, "token")
            with open(os.open(token_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(TOKEN + "\n")
            url = f"http://{server.host}:{server.port}"
            environment = {"XDG_STATE_HOME": place}
            with TerminalSession("sql", "--server", url, environment=environment) as refused:
                refused.await_text("--token-file")
                self.assertEqual(refused.await_end(), 1)
            with TerminalSession("sql", "--server", url, "--token-file", token_file, environment=environment) as terminal:
                terminal.await_text(PROMPT)
                terminal.send(f"SELECT '{TOKEN}' AS t;\r")
                terminal.await_text(r"row, .*" + PROMPT)
                terminal.send("SELECT 1;\r")
                terminal.await_text(r"row, .*" + PROMPT)
                terminal.send("\x04")
                self.assertEqual(terminal.await_end(), 0)
            with open(os.path.join(place, "lakehouse", "sql_history"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "SELECT 1;\n")


class Filter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "log.level=error")).start()
        cls.url = f"http://{cls.server.host}:{cls.server.port}"
        assert cls.server.ingest("people", "id,name\n1,Ann\n2,Bob\n").status == 201

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def run_sql(self, script, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAKEHOUSE_")}
        return subprocess.run([BINARY, "sql", "--server", self.url, *arguments], input=script, capture_output=True, text=True, timeout=120, env=environment, check=False)

    def test_statements_from_standard_input_run_until_one_fails(self):
        done = self.run_sql("-- a report\nSELECT ';' AS a;\n\\format csv\nSELECT name FROM people ORDER BY id;\nSELEC 1;\nSELECT 'never'")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "a\n-\n;\n(1 row)\nname\nAnn\nBob\n".replace("\r", ""))
        self.assertRegex(done.stderr, r"line 1: SELEC 1\n +\^\n.*line 5 of standard input")
        self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_a_last_statement_needs_no_semicolon_and_several_may_be_given_at_once(self):
        self.assertEqual(self.run_sql("SELECT 1 AS n", "--format", "csv").stdout, "n\n1\n")
        self.assertEqual(self.run_sql(None, "SELECT 1 AS a; SELECT 2 AS b", "--format", "csv").stdout, "a\n1\nb\n2\n")

    def test_a_result_becomes_a_file(self):
        path = os.path.join(self.home.name, "people.arrows")
        done = self.run_sql(None, "FROM people", "--format", "arrow", "--output", path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        with open(path, "rb") as file:
            self.assertTrue(file.read().startswith(b"\xff\xff\xff\xff"))
        refused = self.run_sql(None, "FROM people", "--output", "/no/such/folder/file")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("/no/such/folder/file", refused.stderr)

    def test_exit_codes_are_as_documented(self):
        self.assertEqual(self.run_sql(None, "SELECT 1").returncode, 0)
        self.assertEqual(self.run_sql(None, "SELEC 1").returncode, 1)
        self.assertEqual(self.run_sql(None, "--formt", "csv").returncode, 2)
        gone = run_command("sql", "SELECT 1", "--server", "http://127.0.0.1:1", check=False)
        self.assertEqual(gone.returncode, 3)
        self.assertIn("lakehouse up", gone.stderr)
        self.assertEqual(run_command("datasets", "--server", "http://127.0.0.1:1", check=False).returncode, 3)

    def test_names_of_datasets_come_one_a_line(self):
        self.assertEqual(run_command("datasets", "--names", "--server", self.url).stdout, "people\n")


if __name__ == "__main__":
    unittest.main()
