#!/usr/bin/env python3
"""Style as a test: prints path:line: what is wrong and what to do, for every breach of the rules in rules.py.

Usage: tidy.py [ROOT]     ROOT is a checkout; this one when left out. Exit 1 when there is a breach.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from rules import RULES  # noqa: E402
from tree import Tree  # noqa: E402


def breaches(root):
    tree = Tree(root)
    for rule in RULES:
        for path, line, words in rule(tree):
            yield f"{path}:{line}: {words} [{rule.__name__}]"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = list(breaches(root))
    for line in found:
        print(line)
    print(f"tidy: {len(RULES)} rules, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
