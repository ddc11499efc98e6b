"""The rules. Each is a function of a Tree that yields (path, line, what is wrong and what to do).

To add one: write it here, put it into RULES at the end, and give it a bad snippet in self_test.py.
"""

import re

LONGEST_FILE = 600
STAFFING_LAYER = 8
# Header pattern, how many .cc files may see it (directly, or through a private header), and the room outside of which none may.
# DuckDB's C header costs a hundredth of a second, so its room is the door, not one file of it.
HEAVY_HEADERS = [
    (r"duckdb\.h", 20, "modules/engine"),
    (r"boost/(beast|asio)[./].*", 1, "modules/net"),
    (r"simdjson\.h", 2, "modules/base"),
    (r"toml\+\+/?.*", 1, "modules/base"),
    (r"ctemplate/.*", 1, "modules/ui"),
]
HOMELESS_NAME = re.compile(r"(?:^|[_.\-])(utils?|common|helpers?|misc|managers?)(?=$|[_.\-])")
STAFFING_WORD = re.compile(
    r"\b(staffing|staffers?|recruiters?|recruiting|coordinators?|headcount|(?:bill|pay|fill)[_ ]rates?|job[_ ]orders?|shift[_ ]preference)\b",
    re.IGNORECASE)
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")
UNMERGED = re.compile(r"^(<{7}|>{7}|\|{7}) ")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
MACHINE_PATH = re.compile(r"(?<![\w.~}])/(?:work|root|home)/")
REGISTRY_HOST = re.compile(
    r"\b(registry\.npmjs\.org|registry\.yarnpkg\.com|pypi\.org|pythonhosted\.org|crates\.io|proxy\.golang\.org|"
    r"(?:deb|security|archive|snapshot)\.(?:debian|ubuntu)\.(?:org|com)|repo1?\.maven\.org|rubygems\.org|ghcr\.io|docker\.io)\b")
# What a document means as a place in the checkout, from the top or from its own folder.
PLACE = re.compile(r"(apps|bench|clients|cmake|demo|docs|fuzz|include|modules|setup|src|testing|tests)/\w")
# Corpora and golden files hold what the world sends, not what we write.
NOT_OURS = re.compile(r"(^|/)(corpus|golden|fuzz/[^/]+|data)/[^/]+$")


def each_line(tree, paths, pattern, what):
    for path in paths:
        for number, line in tree.lines(path):
            match = pattern.search(line)
            if match:
                yield path, number, f"'{match[0].strip()}': {what}"


def written_by_us(tree):
    return [path for path in tree.paths if not NOT_OURS.search(path)]


def modules_have_readmes(tree):
    for module in tree.modules():
        if f"modules/{module}/README.md" not in tree.paths:
            yield f"modules/{module}/CMakeLists.txt", 1, "the module has no README.md; say why it exists, what belongs here and what does not"


def modules_are_built(tree):
    named = re.search(r"set\(LAKEHOUSE_MODULES([^)]*)\)", tree.text("CMakeLists.txt")) if "CMakeLists.txt" in tree.paths else None
    built = named[1].split() if named else []
    for module in tree.modules():
        if module not in built:
            yield f"modules/{module}/CMakeLists.txt", 1, f"the module is not built; add {module} to LAKEHOUSE_MODULES in CMakeLists.txt"
    for path in tree.matching(r"^(apps/[^/]+|bench|demo)/CMakeLists\.txt$"):
        folder = path.rsplit("/", 1)[0]
        if f"add_subdirectory({folder})" not in tree.text("CMakeLists.txt"):
            yield path, 1, f"nothing builds this folder; put add_subdirectory({folder}) into CMakeLists.txt"


def files_are_short(tree):
    for path in written_by_us(tree):
        if tree.is_code(path):
            length = len(tree.text(path).splitlines())
            if length > LONGEST_FILE:
                yield path, LONGEST_FILE + 1, f"{length} lines, and {LONGEST_FILE} are the most; split it by what changes together"


def names_have_a_home(tree):
    seen = set()
    for path in tree.paths:
        parts = path.split("/")
        for depth, part in enumerate(parts, 1):
            match = HOMELESS_NAME.search(part.lower())
            place = "/".join(parts[:depth])
            if match and place not in seen:
                seen.add(place)
                yield place, 1, f"'{match[1]}' says nothing of what is in it; find the thing its own name and home"


def quoted_includes(tree, path):
    return set(re.findall(r'^\s*#\s*include\s+"([^"]+)"', tree.text(path), re.MULTILINE))


def heavy_headers_stay_home(tree):
    product = [path for path in tree.matching(r"^(modules/[^/]+/src|modules/[^/]+/include|apps|demo/src)/.*\.(h|cc)$")]
    for pattern, most, home in HEAVY_HEADERS:
        include = re.compile(rf"^\s*#\s*include\s+[<\"]{pattern}[>\"]", re.MULTILINE)
        direct = [path for path in product if include.search(tree.text(path))]
        carriers = {path for path in direct if path.endswith(".h")}
        carrier_names = {path.rsplit("/", 1)[-1] for path in carriers}
        seers = {path for path in direct if path.endswith(".cc")}
        for path in product:
            if path.endswith(".cc") and any(name.rsplit("/", 1)[-1] in carrier_names for name in quoted_includes(tree, path)):
                seers.add(path)
        for path in sorted(seers | carriers):
            if not path.startswith(home + "/"):
                yield path, 1, f"<{pattern}> belongs to {home}; ask that room for what you need"
        if len(seers) > most:
            files = ", ".join(sorted(seers))
            for path in sorted(seers):
                yield path, 1, f"<{pattern}> is seen by {len(seers)} source files and {most} may; put it behind one of {home} ({files})"


def lower_layers_know_no_staffing(tree):
    for module in tree.modules():
        layer = tree.layer(module)
        if layer is not None and layer < STAFFING_LAYER:
            paths = tree.matching(rf"^modules/{module}/(include|src)/")
            yield from each_line(tree, paths, STAFFING_WORD, f"layer {layer} knows nothing of that domain; register it from modules/staffing")


def nothing_is_left_undone(tree):
    yield from each_line(tree, written_by_us(tree), UNFINISHED, "do it, or open an issue")
    yield from each_line(tree, written_by_us(tree), UNMERGED, "a merge stopped here; finish it")


def tests_do_not_sleep(tree):
    paths = tree.matching(r"(^|/)(tests|testing)/.*\.(h|cc)$")
    yield from each_line(tree, paths, SLEEP, "wait on a condition the test controls")


def skips_have_reasons(tree):
    for path in tree.matching(r"\.(h|cc)$"):
        for match in re.finditer(r"\bGTEST_SKIP\(\)(?!\s*<<\s*\S)", tree.text(path)):
            yield path, tree.text(path).count("\n", 0, match.start()) + 1, "say why it is skipped: GTEST_SKIP() << \"...\""


def sources_are_built(tree):
    lists = [path for path in tree.paths if path.rsplit("/", 1)[-1] == "CMakeLists.txt" or path.endswith(".cmake")]
    for path in tree.matching(r"\.cc$"):
        folder = path.rsplit("/", 1)[0] if "/" in path else ""
        mentioned = False
        while not mentioned:
            for listing in (f"{folder}/CMakeLists.txt" if folder else "CMakeLists.txt",):
                if listing in lists:
                    inner = path[len(folder) + 1:] if folder else path
                    mentioned = re.search(rf"(?<![\w/.]){re.escape(inner)}(?![\w])", tree.text(listing)) or is_globbed(inner, tree.text(listing))
            if not folder:
                break
            folder = folder.rsplit("/", 1)[0] if "/" in folder else ""
        if not mentioned and not any(f"/{path}" in tree.text(listing) for listing in lists):
            yield path, 1, "no CMakeLists.txt names this file, so nothing builds it; list it or delete it"


def is_globbed(path, listing):
    for pattern in re.findall(r"file\(GLOB(?:_RECURSE)?\s+\w+(?:\s+CONFIGURE_DEPENDS)?\s+([^)]+)\)", listing):
        for one in pattern.split():
            if re.fullmatch(re.escape(one).replace(r"\*", "[^/]*"), path):
                return True
    return False


def no_machine_paths(tree):
    yield from each_line(tree, written_by_us(tree), MACHINE_PATH, "a path of one machine; derive it, or take it as a setting")


def no_registry_hosts(tree):
    yield from each_line(tree, written_by_us(tree), REGISTRY_HOST, "name the package, not the registry: people use mirrors")


def documents_name_what_exists(tree):
    folders = {"/".join(path.split("/")[:depth]) for path in tree.paths for depth in range(1, path.count("/") + 1)}
    known = set(tree.paths) | folders
    for page in tree.matching(r"\.md$"):
        here = page.rsplit("/", 1)[0] + "/" if "/" in page else ""
        made_by_page = set(re.findall(r"^ *```\w+ file=(\S+)$", tree.text(page), re.MULTILINE))
        inside_code = False
        for number, line in tree.lines(page):
            inside_code ^= line.lstrip().startswith("```")
            if inside_code:
                continue
            for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                if ":" not in link and not link.startswith("/") and normal(here + link) not in known:  # "/…" is a page of the product
                    yield page, number, f"'{link}': nothing is there to link to"
            for name in re.findall(r"`([\w.-]+/[\w./-]*)`", line):
                if PLACE.match(name) and not {normal(name), normal(here + name)} & (known | made_by_page):
                    yield page, number, f"'{name}': there is no such file or folder; name the one that is meant"


def normal(path):
    """Without a slash at the end, "." and ".."."""
    parts = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


RULES = [
    modules_have_readmes, modules_are_built, files_are_short, names_have_a_home, heavy_headers_stay_home, lower_layers_know_no_staffing,
    nothing_is_left_undone, tests_do_not_sleep, skips_have_reasons, sources_are_built, no_machine_paths, no_registry_hosts,
    documents_name_what_exists,
]
