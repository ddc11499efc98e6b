#!/usr/bin/env python3
"""Each rule must catch its bad snippets, at the right place, and leave a tidy tree alone."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import tidy  # noqa: E402

# A tidy checkout in small. Every case below starts from it.
TIDY = {
    "CMakeLists.txt": "set(LAKEHOUSE_MODULES base net staffing)\n",
    "modules/base/CMakeLists.txt": "lakehouse_module(base LAYER 0 SOURCES src/json.cc src/number.cc TESTS tests/json_test.cc)\n",
    "modules/base/README.md": "# base\n`src/json.cc`, `modules/net/src/`, `json/any.h`; see [net](../net/README.md#what), [the edge](../net/src/).\n",
    "modules/base/src/dom.h": "#include <simdjson.h>\n",
    "modules/base/src/json.cc": '#include "dom.h"\n',
    "modules/base/src/number.cc": "#include <simdjson.h>\n",
    "modules/base/tests/json_test.cc": 'TEST(Json, Skips) { GTEST_SKIP() << "no folder of test data"; }\n',
    "modules/net/CMakeLists.txt": "file(GLOB mistakes must_not_compile/*.cc)\nlakehouse_module(net LAYER 1 SOURCES src/edge.cc)\n",
    "modules/net/README.md": "# net\n",
    "modules/net/src/edge.cc": "#include <boost/asio.hpp>\n#include <boost/beast/http.hpp>\n",
    "modules/net/must_not_compile/copied.cc": "// expect: deleted\n",
    "modules/staffing/CMakeLists.txt": "lakehouse_module(staffing LAYER 8 SOURCES src/roles.cc)\n",
    "modules/staffing/README.md": "# staffing\n",
    "modules/staffing/src/roles.cc": "// the words of recruiters belong here\n",
    "dev": "#!/usr/bin/env bash\nwork=$(mktemp -d .deps/.new.XXXXXX)\ncurl https://example.org/homework/\n",
}

# What a person writes on a bad day: file, text, and the start of the one line that must come back.
# The text is joined from parts where it would otherwise be a breach of this very file.
MISTAKES = [
    ("modules/base/README.md", None, "modules/base/CMakeLists.txt:1: the module has no README.md"),
    ("CMakeLists.txt", "set(LAKEHOUSE_MODULES base staffing)\n", "modules/net/CMakeLists.txt:1: the module is not built"),
    ("apps/lakehouse/CMakeLists.txt", "", "apps/lakehouse/CMakeLists.txt:1: nothing builds this folder"),
    ("modules/base/src/json.cc", '#include "dom.h"\n' * 601, "modules/base/src/json.cc:601: 601 lines"),
    ("docs/string_utils.md", "", "docs/string_utils.md:1: 'utils'"),
    ("modules/base/common/notes.md", "", "modules/base/common:1: 'common'"),
    ("modules/net/src/connection-manager.h", "", "modules/net/src/connection-manager.h:1: 'manager'"),
    ("modules/base/src/json.cc", "// staff" + "ing only\n", "modules/base/src/json.cc:1: 'staff" + "ing': layer 0"),
    ("modules/net/src/edge.cc", "\nint bill" + "_rate;\n", "modules/net/src/edge.cc:2: 'bill" + "_rate': layer 1"),
    ("modules/net/src/edge.cc", "\n\n// TO" + "DO later\n", "modules/net/src/edge.cc:3: 'TO" + "DO'"),
    ("docs/README.md", "one\n<<<<" + "<<< HEAD\n", "docs/README.md:2: '<<<<" + "<<<'"),
    ("README.md", "# FIX" + "ME\n", "README.md:1: 'FIX" + "ME'"),
    ("modules/base/tests/json_test.cc", "std::this_thread::sleep_for(1s);\n", "modules/base/tests/json_test.cc:1: 'sleep_for('"),
    ("modules/base/testing/base_testing/clock.h", "\n  usleep (5);\n", "modules/base/testing/base_testing/clock.h:2: 'usleep ('"),
    ("modules/base/tests/json_test.cc", "\nGTEST_SKIP();\n", "modules/base/tests/json_test.cc:2: say why"),
    ("modules/base/tests/lost_test.cc", "", "modules/base/tests/lost_test.cc:1: no CMakeLists.txt names this file"),
    ("modules/base/src/json_test.cc", "", "modules/base/src/json_test.cc:1: no CMakeLists.txt names this file"),
    ("modules/net/src/inner/edge.cc", "", "modules/net/src/inner/edge.cc:1: no CMakeLists.txt names this file"),
    ("docs/README.md", "cd /ho" + "me/me\n", "docs/README.md:1: '/ho" + "me/'"),
    ("README.md", "\n[net](modules/nett/README.md)\n", "README.md:2: 'modules/nett/README.md': nothing is there"),
    ("modules/net/README.md", "# net\n`src/gone.cc`\n", "modules/net/README.md:2: 'src/gone.cc': there is no such file"),
    ("dev", "#!/bin/sh\npip --index-url https://py" + "pi.org/simple\n", "dev:2: 'py" + "pi.org'"),
    ("setup/npm/package-lock.json", '"https://registry.' + 'npmjs.org/x"\n', "setup/npm/package-lock.json:1: 'registry." + "npmjs.org'"),
]


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            if text is not None:
                place = Path(folder) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
        return list(tidy.breaches(folder))


class Tidy(unittest.TestCase):
    maxDiff = None

    def test_leaves_a_tidy_tree_alone(self):
        self.assertEqual(check(TIDY), [])

    def test_catches_each_mistake_once_at_its_line(self):
        for path, text, expected in MISTAKES:
            with self.subTest(expected):
                found = check(TIDY | {path: text})
                self.assertEqual([line[:len(expected)] for line in found], [expected])

    def test_keeps_a_heavy_header_in_its_home(self):
        files = TIDY | {"modules/staffing/src/roles.cc": "#include <duckdb.h>\n"}
        self.assertEqual([line.split(";")[0] for line in check(files)], [r"modules/staffing/src/roles.cc:1: <duckdb\.h> belongs to modules/engine"])

    def test_every_rule_catches_something(self):
        caught = {line.rsplit("[", 1)[1] for path, text, _ in MISTAKES for line in check(TIDY | {path: text})}
        caught |= {line.rsplit("[", 1)[1] for line in check(TIDY | {"apps/lakehouse/CMakeLists.txt": "main.cc", "apps/lakehouse/main.cc": "#include <boost/asio/ip/tcp.hpp>\n"})}
        self.assertEqual(caught, {rule.__name__ + "]" for rule in tidy.RULES})

    def test_counts_who_sees_a_heavy_header_through_a_private_one(self):
        files = TIDY | {
            "modules/base/CMakeLists.txt": "lakehouse_module(base LAYER 0 SOURCES src/json.cc src/number.cc src/third.cc TESTS tests/json_test.cc)\n",
            "modules/base/src/third.cc": '#include "dom.h"\n',
        }
        found = check(files)
        self.assertEqual([line.split(":")[0] for line in found], [f"modules/base/src/{name}.cc" for name in ("json", "number", "third")])
        self.assertIn("seen by 3 source files and 2 may", found[0])


if __name__ == "__main__":
    unittest.main()
