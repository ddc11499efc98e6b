"""Documents as their owner would send them: shared PDFs with known passages, archives, bombs, and damaged copies of everything."""
import io
import json
import os
import random
import re
import shutil
import time
import unittest
import zipfile
import zlib

from lakehouse_process import Lakehouse, temporary_directory
from witness import TORTURE, Memory, leftovers, shared, wait_until

MUTATED = 10_000 if TORTURE else 500
SEED = 20261122
FLAT = 32 << 20  # half of what the smallest of the bombs becomes
REFUSALS = {400, 409, 413, 422}
HAS_PDF = shutil.which("pdftotext") is not None


def archive(members, method=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as out:
        for name, text in members:
            out.writestr(name, text)
    return made.getvalue()


def pdf(streams):
    """A PDF with a page for each content stream, packed with Flate."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(streams)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(streams)}>>".encode(),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    packed_once = {stream: zlib.compress(stream) for stream in set(streams)}
    for n, stream in enumerate(streams):
        packed = packed_once[stream]
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * n} 0 R>>".encode())
        objects.append(f"<</Length {len(packed)}/Filter/FlateDecode>>stream\n".encode() + packed + b"\nendstream")
    out, places = b"%PDF-1.5\n", []
    for n, body in enumerate(objects):
        places.append(len(out))
        out += f"{n + 1} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return out + f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(places) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n".encode()


def octets_of(path):
    with open(path, "rb") as file:
        return file.read()


def words_of(text):
    return re.sub(r"\s+", " ", text)


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = temporary_directory()
        cls.server = Lakehouse(cls.home.name, ("up", "--set", "log.level=error")).start()
        cls.memory = Memory(cls.server)
        cls.memory.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.memory.__exit__()
        print(f"\nover all documents: {cls.memory}")
        cls.server.kill()
        cls.home.cleanup()

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), "the process lives")
        wait_until("nothing is left behind", lambda: not leftovers(self.server))

    @unittest.skipUnless(HAS_PDF, "pdftotext is not installed (poppler-utils)")
    @unittest.skipUnless(shared("expected_pdf.json"), "the shared test data is not on this machine")
    def test_shared_pdfs_give_their_pages_and_passages(self):
        with open(shared("expected_pdf.json"), encoding="utf-8") as file:
            expected = {path: what for path, what in json.load(file).items() if shared(path)}
        members = []
        for path in expected:
            with open(shared(path), "rb") as file:
                members.append((path, file.read()))
        job = self.server.ingest("library", archive(members), "library.zip", **{"async": "1"}).json()["job"]["id"]
        files = {file["uri"]: file for file in self.server.await_job(job)["files"]}
        passages = 0
        for path, what in expected.items():
            with self.subTest(path):
                if what["pages_poppler"] is None:
                    self.assertEqual((files[path]["state"], files[path]["reason"]), ("rejected", "encrypted_pdf"))
                    continue
                self.assertEqual((files[path]["state"], files[path]["pages"]), ("loaded", what["pages_poppler"]), files[path])
                rows = self.server.rows(f"SELECT page, text, start_byte, end_byte FROM library WHERE uri = '{path}' ORDER BY part")
                whole = "".join(row[1] for row in rows).encode()
                for page, text, start, end in rows:
                    self.assertEqual(whole[start:end].decode(), text, page)
                flat = words_of(whole.decode())
                for phrase in what["anchor_phrases"]:
                    self.assertIn(words_of(phrase), flat)
                    passages += 1
        print(f"\npdf: {sum(f['state'] == 'loaded' for f in files.values())} of {len(files)} loaded, {passages} passages found")
        self.assertGreater(passages, 40)

    def test_the_same_archive_twice_adds_nothing(self):
        folder = archive([("a.md", "# A\n"), ("b.txt", "words of b\n")])
        self.assertEqual(self.server.ingest("folder", folder, "folder.zip").status, 201)
        again = self.server.ingest("folder", folder, "folder.zip").json()
        self.assertEqual((again["state"], [f["state"] for f in again["files"]]), ("unchanged", ["unchanged", "unchanged"]))
        self.assertEqual(self.server.rows("SELECT count(*), max(version) FROM folder"), [[2, 1]])

    def test_personal_data_is_tagged_and_never_shown(self):
        people = "name,contact,ssn,born_on\n" + "".join(f"P{n},p{n}@example.com,{200 + n}-12-34{n:02},19{60 + n}-01-02\n" for n in range(30))
        self.assertEqual(self.server.ingest("people", people, "people.csv").status, 201)
        described = self.server.get("/v1/catalog/datasets/people").json()["dataset"]
        tags = {column["name"]: column.get("tag") for column in described["head"]["schema"]["columns"]}
        self.assertEqual(tags, {"name": None, "contact": "email", "ssn": "ssn", "born_on": "birth_date"})
        self.assertEqual(described["attributes"]["sensitivity"], "personal")
        evidence = {one["column"]: one for one in json.loads(described["attributes"]["personal_data"])}
        self.assertEqual((evidence["ssn"]["hits"], evidence["ssn"]["seen"], evidence["ssn"]["suggested_redaction"]), (30, 30, "null"))
        self.assertNotIn("example.com", json.dumps(described))
        self.assertNotIn("201-12", json.dumps(described))

    def test_bombs_are_refused_within_limits(self):
        zeros = b"\0" * (64 << 20)
        nested = archive([("a.txt", b"a" * (1 << 20))])
        for _ in range(5):
            nested = archive([("inner.zip", nested)])
        bombs = {
            "zeros.zip": (archive([("a.txt", zeros)]), {"decompression_bomb"}),
            "nested.zip": (nested, {"nested_archive"}),
            "many.zip": (archive([(f"{n}.txt", "") for n in range(10_001)], zipfile.ZIP_STORED), {"too_many_files"}),
            "bomb.docx": (archive([("word/document.xml", b"<a>" + b" " * (64 << 20))]), {"decompression_bomb"}),
            "deep.docx": (archive([("word/document.xml", b"<a>" * 100_000)], zipfile.ZIP_STORED), {"bad_xml"}),
            "entities.docx": (archive([("word/document.xml", '<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>')]), {"bad_xml"}),
            "bomb.xlsx": (archive([("xl/workbook.xml", b"<workbook/>" + b" " * (64 << 20))]), {"decompression_bomb"}),
        }
        if HAS_PDF:
            # Ten pages whose content is 64 MiB of nothing each; and one that is its own page tree.
            bombs["flate.pdf"] = (pdf([b" " * (64 << 20)] * 10 + [b"BT /F1 9 Tf 72 700 Td (x) Tj ET"]), {"decompression_bomb", "bad_pdf", None})
            bombs["loop.pdf"] = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000>>endobj\n"
                                 b"trailer<</Root 1 0 R>>\n%%EOF", {"bad_pdf", "decompression_bomb", None})
        self.server.ingest("calm", "word\n", "calm.txt")
        with Memory(self.server) as resting:
            pass
        for number, (name, (content, reasons)) in enumerate(bombs.items()):
            with self.subTest(name):
                began = time.monotonic()
                with Memory(self.server) as memory:
                    answer = self.server.ingest(f"bomb{number}", content, name, timeout=200)
                took = time.monotonic() - began
                print(f"\n{name}: the server itself had {resting.main >> 20} MiB before; {memory}")
                self.assertLess(memory.main - resting.main, FLAT, "a bomb unpacks in the worker, and the server's own memory stays as it is")
                self.assertLess(took, 150, "bounded, on any machine")
                if answer.status < 400:
                    self.assertIn(None, reasons, answer.body)
                else:
                    self.assertEqual(answer.status, 422, answer.body)
                    self.assertIn(answer.error()["code"], reasons)

    def test_damaged_copies_of_everything_are_refused_or_read(self):
        sources = [("a.html", b"<h1>A</h1><table><tr><td>1<td>2</table>" * 20), ("a.md", b"# A\n\ntext\n" * 50), ("a.eml", b"Subject: a\nContent-Type: text/html\n\n<p>b"),
                   ("a.docx", archive([("word/document.xml", "<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p></w:body></w:document>")])),
                   ("a.zip", archive([("a.md", "# A\n"), ("b.txt", "words")])), ("a.xlsx", archive([
                       ("xl/workbook.xml", "<w xmlns:r='r'><sheet name='A' r:id='1'/></w>"), ("xl/_rels/workbook.xml.rels", "<R><Relationship Id='1' Target='s.xml'/></R>"),
                       ("xl/s.xml", "<s><row><c t='inlineStr'><is><t>a</t></is></c></row><row><c><v>1</v></c></row></s>")]))]
        tables = []
        for folder in ("csv", "json", "ndjson", "parquet") + (("pdf",) if HAS_PDF else ()):
            for place, _, names in sorted(os.walk(shared(folder) or "")):
                for name in sorted(names):
                    path = os.path.join(place, name)
                    if os.path.getsize(path) <= 65_536:
                        (sources if folder == "pdf" else tables).append((name, path))
        chance = random.Random(SEED)
        print(f"\nseed {SEED}: {MUTATED} damaged copies of {len(sources)} documents and {len(tables)} tables")
        statuses = {}
        for number in range(MUTATED):
            name, source = chance.choice(tables if tables and chance.random() < 0.5 else sources)
            if name.endswith(".pdf") and chance.random() < 0.6:
                continue  # two processes each
            content = bytearray(source if isinstance(source, bytes) else octets_of(source))
            for _ in range(chance.choice((1, 1, 2, 8, 64))):
                if not content:
                    break
                at = chance.randrange(len(content))
                kind = chance.randrange(4)
                if kind == 0:
                    content[at] = chance.randrange(256)
                elif kind == 1:
                    content[at] ^= 1 << chance.randrange(8)
                elif kind == 2:
                    del content[at:at + chance.randrange(1, 64)]
                else:
                    content[at:at] = content[max(0, at - 32):at]
            answer = self.server.ingest(f"damaged{number % 8}", bytes(content), name, mode="replace", schema="replace", preview=str(number % 2))
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            if answer.status >= 400:
                self.assertIn(answer.status, REFUSALS, (number, name, answer.body[:500]))
                self.assertTrue(answer.error()["code"] and len(answer.error()["message"]) > 10, answer.body)
        print(f"statuses: {statuses}")
        self.assertIsNone(self.server.process.poll())


if __name__ == "__main__":
    unittest.main()
