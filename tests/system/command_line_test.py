"""Help, man page and the completions of the shells, as the binary prints them."""
import os
import re
import shutil
import subprocess
import unittest

from lakehouse_process import BINARY, Lakehouse, run_command, temporary_directory
from terminal_session import TerminalSession


def complete(line, environment, folder):
    """What bash offers at the end of a line: the script is sourced, its function called as bash calls it."""
    script = """
source /dev/stdin
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_lakehouse; printf '%s\\n' "${COMPREPLY[@]}"
"""
    words = line.split(" ")
    words[0] = os.path.abspath(BINARY)
    array = "COMP_WORDS=(" + " ".join(f"'{word}'" for word in words) + ")"
    done = subprocess.run(["bash", "--norc", "-uc", array + script], input=run_command("completion", "bash").stdout, capture_output=True, text=True, cwd=folder,
                          env={**os.environ, **environment, "LINE": line}, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return [word for word in done.stdout.split("\n") if word]


class Help(unittest.TestCase):
    def test_every_command_explains_itself(self):
        overall = run_command("help").stdout
        for name in ("up", "sql", "ingest", "config show", "completion"):
            self.assertIn(f"\n  {name} ", overall)
            explained = run_command("help", *name.split()).stdout
            self.assertEqual(run_command(*name.split(), "--help").stdout, explained)
            self.assertIn("Examples", explained)
        self.assertEqual(run_command("--help").stdout, overall)

    def test_a_wrong_command_line_is_answered_with_what_is_near(self):
        for arguments, near in ((["inggest", "x"], "ingest"), (["sql", "--formt", "csv"], "--format"), (["help", "sq"], "sql"), (["serve", "querd"], "queryd")):
            done = run_command(*arguments, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"did you mean {near}?", done.stderr)
        self.assertEqual(run_command(check=False).returncode, 2)
        self.assertIn("KEY=VALUE", run_command("config", "show", "--set", "x", check=False).stderr)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([BINARY, "help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("disk full", done.stderr)

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "there is no man or groff on this machine")
    def test_the_man_page_renders_without_a_warning(self):
        page = run_command("man").stdout
        checked = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-z"], input=page, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        shown = subprocess.run(["man", "-P", "cat", "--warnings=w", "-l", "-"], input=page, capture_output=True, text=True, timeout=60, env={**os.environ, "MANWIDTH": "100"}, check=False)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for words in ("EXIT STATUS", "lakehouse config show [FLAGS]", "--token-file FILE", "no server answers"):
            self.assertIn(words, shown.stdout)

    @unittest.skipUnless(shutil.which("mandoc"), "there is no mandoc on this machine")
    def test_the_other_man_finds_nothing_in_the_page_to_complain_of(self):
        checked = subprocess.run(["mandoc", "-T", "lint", "-W", "style"], input=run_command("man").stdout, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))


class Ingest(unittest.TestCase):
    """What `ingest` says, on a terminal and elsewhere."""

    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "log.level=error")).start()
        cls.url = f"http://{cls.server.host}:{cls.server.port}"
        cls.environment = {"LAKEHOUSE_SERVER": cls.url}

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def file(self, name, text):
        path = os.path.join(self.home.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def ingest(self, *arguments):
        return run_command("ingest", *arguments, environment=self.environment, check=False)

    def test_progress_is_for_terminals_only(self):
        path = self.file("rows.csv", "a,b\n" + "1,2\n" * 1000)
        with TerminalSession("ingest", path, environment=self.environment) as terminal:
            terminal.await_text("committed, 1000 rows")
            self.assertEqual(terminal.await_end(), 0)
            self.assertIn(b"\r\x1b[Krows.csv: sending 4004 bytes", terminal.raw)
        done = self.ingest(path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "rows.csv → rows: unchanged, 1000 rows, version 1\n", ""))

    def test_a_name_of_a_file_cannot_command_the_terminal(self):
        path = self.file("odd\x1b[2J.csv", "a\n1\n")
        with TerminalSession("ingest", path, "--name", "odd", environment=self.environment) as terminal:
            terminal.await_text("committed")
            self.assertNotIn(b"\x1b[2J", terminal.raw)

    def test_another_schema_is_refused_with_its_columns_in_lines(self):
        self.assertEqual(self.ingest(self.file("drift.csv", "a,b\n1,2\n")).returncode, 0)
        refused = self.ingest(self.file("drift2.csv", "a,c\n1,x\n"), "--name", "drift")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("\n  b: ", refused.stderr)
        self.assertNotIn("{", refused.stderr)

    def test_what_is_no_file_is_said_and_the_others_are_loaded(self):
        good = self.file("good.csv", "a\n1\n")
        empty = os.path.join(self.home.name, "empty")
        os.mkdir(empty)
        done = self.ingest("nowhere.csv", empty, good)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no file nowhere.csv", done.stderr)
        self.assertIn("has no files", done.stderr)
        self.assertIn("good.csv → good: committed", done.stdout)
        self.assertIn("--key COLUMN", self.ingest(good, "--mode", "upsert").stderr)

    def test_a_folder_is_taken_whole_documents_together_and_tables_each_by_itself(self):
        folder = os.path.join(self.home.name, "handbook")
        os.makedirs(os.path.join(folder, "deep"))
        for name, text in (("a.md", "# A\n"), ("deep/b.txt", "words of a text\n"), ("staff_list.csv", "id,name\n1,Ada\n"), ("bad.docx", "nothing")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        done = self.ingest(folder)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("bad.docx", done.stderr)
        self.assertIn("a.md → handbook: committed, 1 rows", done.stdout)
        self.assertIn("deep/b.txt → handbook: committed", done.stdout)
        self.assertIn("staff_list.csv → staff_list: committed", done.stdout)

    def test_without_a_server_one_line_says_so(self):
        good = self.file("good.csv", "a\n1\n")
        gone = run_command("ingest", good, good, "--server", "http://127.0.0.1:1", check=False)
        self.assertEqual(gone.returncode, 3)
        self.assertEqual(gone.stderr.count("no server answers"), 1)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "log.level=error")).start()
        for name in ("people", "places"):
            assert cls.server.ingest(name, "a\n1\n").status == 201
        cls.environment = {"LAKEHOUSE_SERVER": f"http://{cls.server.host}:{cls.server.port}"}
        cls.folder = os.path.join(cls.home.name, "here")
        os.makedirs(os.path.join(cls.folder, "orders"))
        for name in ("orders.csv", "other file.csv"):
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8"):
                pass

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.home.cleanup()

    def offered(self, line):
        return complete(line, self.environment, self.folder)

    def test_bash_completes_commands_flags_values_datasets_and_files(self):
        self.assertEqual(self.offered("lakehouse d"), ["datasets", "doctor"])
        self.assertEqual(self.offered("lakehouse config "), ["show"])
        self.assertEqual(self.offered("lakehouse config show --st"), ["--state"])
        self.assertEqual(self.offered("lakehouse sql --f"), ["--format"])
        self.assertEqual(self.offered("lakehouse sql --format a"), ["arrow"])
        self.assertEqual(self.offered("lakehouse sql --format = a"), ["arrow"])
        self.assertEqual(self.offered("lakehouse ingest --name "), ["people", "places"])
        self.assertEqual(self.offered("lakehouse ingest o"), ["orders", "orders.csv", "other file.csv"])
        self.assertEqual(self.offered("lakehouse up --data o"), ["orders"])
        self.assertEqual(self.offered("lakehouse up --set query.w"), ["query.workers="])
        self.assertEqual(self.offered("lakehouse completion "), ["bash", "zsh", "fish"])
        self.assertEqual(self.offered("lakehouse help in"), ["ingest", "inspect"])

    def test_bash_offers_no_dataset_and_no_error_without_a_server(self):
        self.assertEqual(complete("lakehouse ingest --name ", {"LAKEHOUSE_SERVER": "http://127.0.0.1:1"}, self.folder), [])

    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh on this machine")
    def test_zsh_completes_as_bash_does(self):
        """In a real zsh at a terminal: what it writes after the tab."""
        path = self.write_script("zsh", ["zsh", "-n"])
        with TerminalSession(command=["zsh", "-f", "-i"], environment=self.shell_environment()) as terminal:
            terminal.send(f"PS1='ready> '; cd {self.folder}; autoload -Uz compinit && compinit -D -u && source {path}\n")
            terminal.await_text("ready> .*ready> ")
            for line, offered in (("lakehouse d", "datasets +-- .*doctor +-- "), ("lakehouse config ", "config show"), ("lakehouse config show --st", "--state"),
                                  ("lakehouse sql --format ", "arrow.*csv"), ("lakehouse ingest --name p", "people +places"), ("lakehouse up --data o", "orders/"),
                                  ("lakehouse ingest orders.c", r"orders\.csv"), ("lakehouse completion ", "bash +fish +zsh"), ("lakehouse help in", "ingest +inspect")):
                terminal.send(line + "\t")
                terminal.await_text(re.escape(line) + ".*" + offered if offered.startswith(("datasets", "arrow", "people", "bash", "ingest")) else offered)
                terminal.send("\x15\n")
                terminal.await_text("ready> ")

    @unittest.skipUnless(shutil.which("fish"), "there is no fish on this machine")
    def test_fish_completes_as_bash_does(self):
        path = self.write_script("fish", ["fish", "--no-execute"])

        def offered(line):
            done = subprocess.run(["fish", "--no-config", "-c", f"source {path}; complete -C $LINE"], capture_output=True, text=True, timeout=60, check=False, cwd=self.folder,
                                  env={**os.environ, **self.shell_environment(), "LINE": line})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return sorted(entry.split("\t")[0] for entry in done.stdout.splitlines())

        self.assertEqual(offered("lakehouse d"), ["datasets", "doctor"])
        self.assertEqual(offered("lakehouse config "), ["show"])
        self.assertEqual(offered("lakehouse config show --st"), ["--state"])
        self.assertEqual(offered("lakehouse sql --format a"), ["arrow"])
        self.assertEqual(offered("lakehouse ingest --name "), ["people", "places"])
        self.assertEqual(offered("lakehouse up --data o"), ["orders/"])
        self.assertIn("orders.csv", offered("lakehouse ingest o"))
        self.assertEqual(offered("lakehouse completion "), ["bash", "fish", "zsh"])
        self.assertEqual(offered("lakehouse help in"), ["ingest", "inspect"])

    def write_script(self, shell, check):
        """The completions of a shell, after the shell itself has read them through."""
        path = os.path.join(self.folder, f".completion.{shell}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(run_command("completion", shell).stdout)
        checked = subprocess.run([*check, path], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        return path

    def shell_environment(self):
        """A PATH with this program, and nobody's own settings."""
        programs = os.path.join(self.home.name, "programs")
        os.makedirs(programs, exist_ok=True)
        if not os.path.exists(link := os.path.join(programs, "lakehouse")):
            os.symlink(os.path.abspath(BINARY), link)
        return {**self.environment, "HOME": self.home.name, "XDG_CONFIG_HOME": self.home.name, "XDG_DATA_HOME": self.home.name, "PATH": programs + ":" + os.environ["PATH"]}


if __name__ == "__main__":
    unittest.main()
