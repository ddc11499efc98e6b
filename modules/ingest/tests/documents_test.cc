#include <gmock/gmock.h>

#include "document_files.h"
#include "ingest_lake.h"
#include "pdf_text.h"

namespace lakehouse::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DocumentsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { lake_ = new IngestLake(); }
  static void TearDownTestSuite() {
    delete lake_;
    lake_ = nullptr;
  }
  void SetUp() override { name_ = testing::UnitTest::GetInstance()->current_test_info()->name(); }
  void TearDown() override { EXPECT_THAT(lake_->Spooled(), ElementsAre()) << "nothing stays in the spool"; }
  Job Take(const std::string& file_name, const std::string& octets, Mode mode = Mode::kAuto) {
    return lake_->IngestText(name_, file_name, octets, mode);
  }
  std::string Ask(const std::string& columns, const std::string& rest = "") {
    return lake_->Rows("SELECT " + columns + " FROM " + name_ + " " + rest);
  }
  static IngestLake* lake_;
  std::string name_;
};
IngestLake* DocumentsTest::lake_ = nullptr;

std::string Why(const Job& job) { return job.error ? job.error->code + ": " + job.error->message : ""; }

TEST_F(DocumentsTest, DocumentsThatComeWithAMailStandBehindIt) {
  const std::string mail =
      "Subject: the plan\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee below\n--b\n"
      "Content-Type: text/markdown; name=plan.md\nContent-Transfer-Encoding: base64\n\nIyBQbGFuCgp0aGUgd29yZHMK\n--b\n"
      "Content-Type: image/png; name=logo.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n";
  const Job job = Take("plan.eml", mail);
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(Ask("uri, format, title", "ORDER BY uri"), R"(["plan.eml","mail","the plan"],["plan.eml/plan.md","markdown","Plan"])");
  ASSERT_EQ(job.files.size(), 2u);
  EXPECT_THAT(job.files[0].notes, testing::Contains(testing::HasSubstr("logo.png")));
  EXPECT_EQ(Take("plan.eml", mail).state, JobState::kUnchanged);
}

TEST_F(DocumentsTest, MarkdownIsARowWithHeadingsAndOffsets) {
  const Job job = Take("guide.md", "# Guide\n\ntext\n\n## Part\nmore\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.format, "markdown");
  EXPECT_EQ(Ask("uri, version, title, page, part, start_byte, end_byte, len(headings), headings[2].title, headings[2].start_byte, "
                "len(sha256), len(id)"),
            R"(["guide.md",1,"Guide",null,1,0,28,2,"Part",15,64,32])");
  ASSERT_EQ(job.files.size(), 1u);
  EXPECT_EQ(job.files[0].state, "loaded");
}

TEST_F(DocumentsTest, TheSameOctetsAddNothingAndOthersAreANewVersionInPlaceOfTheOld) {
  ASSERT_EQ(Take("a.txt", "first words\n").state, JobState::kCommitted);
  ASSERT_EQ(Take("b.txt", "other words\n").state, JobState::kCommitted);
  EXPECT_EQ(Take("a.txt", "first words\n").state, JobState::kUnchanged);
  const Job changed = Take("a.txt", "second words\n");
  ASSERT_EQ(changed.state, JobState::kCommitted) << Why(changed);
  EXPECT_EQ(Ask("uri, version, text", "ORDER BY uri"), "[\"a.txt\",2,\"second words\\n\"],[\"b.txt\",1,\"other words\\n\"]");
  EXPECT_EQ(Take("a.txt", "first words\n").state, JobState::kCommitted) << "what was there before, but is not now, is a change";
  EXPECT_EQ(Ask("version, text", "WHERE uri = 'a.txt'"), "[3,\"first words\\n\"]");
  EXPECT_EQ(lake_->Rows("SELECT text FROM " + name_ + " AT (VERSION => 1)"), "[\"first words\\n\"]");
}

TEST_F(DocumentsTest, AnArchiveIsTakenWholeAndABadFileStopsNothing) {
  const Job job = Take("folder.zip", MakeZip({{"notes/a.md", "# A\n"},
                                              {"b.html", "<h1>B</h1><p>text"},
                                              {"c.docx", MakeDocx("<w:p><w:r><w:t>words</w:t></w:r></w:p>")},
                                              {"broken.docx", MakeZip({{"word/document.xml", "<w:document"}})},
                                              {"table.csv", "a,b\n1,2\n"},
                                              {"inner.zip", MakeZip({{"x.txt", "x"}})},
                                              {"mail.eml", "Subject: hello\n\nbody\n"},
                                              {"__MACOSX/._a.md", "litter"},
                                              {"empty/", ""}}));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(Ask("uri, format", "ORDER BY uri"), R"(["b.html","html"],["c.docx","docx"],["mail.eml","mail"],["notes/a.md","markdown"])");
  EXPECT_EQ(lake_->Rows("SELECT raw, split_part(reason, ':', 1) FROM " + name_ + "_rejects ORDER BY raw"),
            R"(["broken.docx","bad_xml"],["inner.zip","nested_archive"],["table.csv","not_a_document"])");
  EXPECT_EQ(job.rows_read, 7);
  EXPECT_EQ(job.rows_rejected, 3);
  ASSERT_EQ(job.files.size(), 7u);
  EXPECT_EQ(job.files[0].uri, "notes/a.md");
  EXPECT_EQ(job.files[3].state, "rejected");
  EXPECT_EQ(job.files[3].reason, "bad_xml");

  const Job again = Take("folder.zip", MakeZip({{"notes/a.md", "# A\n"}, {"b.html", "<h1>B</h1><p>new text"}, {"d.txt", "d"}}));
  ASSERT_EQ(again.state, JobState::kCommitted) << Why(again);
  EXPECT_EQ(again.rows_loaded, 2) << "the one that changed, and the new one";
  EXPECT_EQ(again.files[0].state, "unchanged");
  EXPECT_EQ(Ask("count(*), count(DISTINCT id), max(version)"), "[5,5,2]");
  EXPECT_EQ(Take("a.md", "# A\n").state, JobState::kCommitted) << "another place, another document";
}

TEST_F(DocumentsTest, TheOffsetsOfPiecesAreThoseOfTheWholeText) {
  std::string text, as_json;
  for (int i = 0; i < 9'000; ++i) {
    const std::string sentence = "Sentence number " + std::to_string(i) + " für alle.";
    text += sentence + "\n" + (i % 7 == 0 ? "\n" : "");
    as_json += sentence + "\\n" + (i % 7 == 0 ? "\\n" : "");
  }
  const Job job = Take("long.txt", text);
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_GT(job.rows_loaded, 3);
  EXPECT_TRUE(Ask("string_agg(text, '' ORDER BY part)") == "[\"" + as_json + "\"]") << "the pieces in order are the text";
  EXPECT_EQ(Ask("count(*)", "WHERE octet_length(encode(text)) <> end_byte - start_byte"), "[0]");
  EXPECT_EQ(Ask("max(end_byte)"), "[" + std::to_string(text.size()) + "]");
}

TEST_F(DocumentsTest, APdfHasARowAPageWithItsPassages) {
  if (FindSystemProgram("pdftotext").empty()) GTEST_SKIP() << "pdftotext is not installed (poppler-utils)";
  std::vector<std::vector<PdfLine>> pages;
  for (int page = 1; page <= 500; ++page)
    pages.push_back({{72, 700, "Passage " + std::to_string(page * 7919) + " stands on page " + std::to_string(page) + "."},
                     {72, 680, "And a second line."}});
  const Job job = Take("book.pdf", MakePdf(pages));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.files[0].pages, 500);
  EXPECT_EQ(Ask("count(*), min(page), max(page)"), "[500,1,500]");
  // 100 passages: each on its page, and the text's octets at the row's offsets are the row's.
  std::string list;
  for (int page = 5; page <= 500; page += 5)
    list += (list.empty() ? "" : ", ") + ("(" + std::to_string(page) + ", 'Passage " + std::to_string(page * 7919) + " stands')");
  EXPECT_EQ(lake_->Rows("SELECT count(*) FROM " + name_ + " d JOIN (VALUES " + list +
                        ") v(p, passage) ON contains(d.text, v.passage) WHERE d.page = v.p"),
            "[100]");
  EXPECT_EQ(lake_->Rows("WITH whole AS (SELECT string_agg(text, '' ORDER BY part) AS t FROM " + name_ + ") SELECT count(*) FROM " + name_ +
                        " d, whole WHERE substring(whole.t, d.start_byte + 1, d.end_byte - d.start_byte) = d.text"),
            "[500]");
}

TEST_F(DocumentsTest, TwoColumnsAreReadOneAfterTheOther) {
  if (FindSystemProgram("pdftotext").empty()) GTEST_SKIP() << "pdftotext is not installed (poppler-utils)";
  std::vector<PdfLine> page = {{72, 740, "A title over both of the columns of this page, which is long enough to span them"}};
  for (int i = 0; i < 30; ++i) {
    page.push_back({72, 700 - 14 * i, "left column line number " + std::to_string(i) + " goes on"});
    page.push_back({330, 700 - 14 * i, "right column line number " + std::to_string(i) + " goes on"});
  }
  const Job job = Take("columns.pdf", MakePdf({page}));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(Ask("position('left column line number 29' IN text) < position('right column line number 0' IN text)"), "[true]");
}

TEST_F(DocumentsTest, APdfThatCannotBeReadSaysWhy) {
  if (FindSystemProgram("pdftotext").empty()) {
    EXPECT_EQ(Take("a.pdf", "%PDF-1.4 nothing").error->code, "pdf_reader_missing");
    return;
  }
  const Job job = Take("a.pdf", "%PDF-1.4 nothing that follows is any object");
  ASSERT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error->code, "bad_pdf") << job.error->message;
}

TEST_F(DocumentsTest, APageWithoutTextIsSaidToBeEmptyOrScanned) {
  if (FindSystemProgram("pdftotext").empty()) GTEST_SKIP() << "pdftotext is not installed (poppler-utils)";
  const Job job = Take("scan.pdf", MakePdf({{{72, 700, "words"}}, {}}));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.rows_loaded, 2);
  ASSERT_FALSE(job.files[0].notes.empty());
  EXPECT_THAT(job.files[0].notes[0], HasSubstr("1 of 2 pages have no text"));
}

TEST_F(DocumentsTest, APageThatIsAPictureIsRecognisedAndSaysSo) {
  if (FindSystemProgram("pdftotext").empty()) GTEST_SKIP() << "pdftotext is not installed (poppler-utils)";
  const Job job = Take("scan.pdf", MakeScan({{72, 700, "The quarterly staffing report"}, {72, 680, "names forty one nurses in Gary."}}));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.rows_loaded, 2);
  ASSERT_FALSE(job.files[0].notes.empty());
  if (FindSystemProgram("tesseract").empty()) {
    EXPECT_THAT(job.files[0].notes[0], HasSubstr("pages that are pictures and were not read: 1; install the Debian package tesseract-ocr"));
    return;
  }
  EXPECT_THAT(job.files[0].notes[0], HasSubstr("recognised in a picture (eng)")) << job.files[0].notes[0];
  EXPECT_EQ(Ask("page, text LIKE '%quarterly staffing report%forty one nurses%', end_byte - start_byte = octet_length(encode(text)), "
                "json_extract_string(metadata, '$.recognised_pages')",
                "ORDER BY part"),
            R"([1,true,true,"1"],[2,false,true,"1"])");
}

/// A lake of which the tests ask what is on the first page of scan.pdf.
class ScansTest : public testing::Test {
 protected:
  void SetUp() override {
    if (FindSystemProgram("pdftotext").empty()) GTEST_SKIP() << "pdftotext is not installed (poppler-utils)";
    if (FindSystemProgram("tesseract").empty()) GTEST_SKIP() << "tesseract is not installed (tesseract-ocr)";
    scan_ = MakeScan({{72, 700, "The quarterly staffing report"}, {72, 680, "names forty one nurses in Gary."}});
    ASSERT_FALSE(scan_.empty());
  }
  JobState Take(Mode mode = Mode::kAuto) {
    const Job job = lake_.IngestText("scans", "scan.pdf", scan_, mode);
    EXPECT_FALSE(job.error.has_value()) << Why(job);
    return job.state;
  }
  void ReadPicturesIn(const std::string& languages) { lake_.Restart({.ocr_languages = languages}); }
  std::string FirstPage() {
    return lake_.Rows(
        "SELECT version, text LIKE '%quarterly staffing report%', json_extract_string(metadata, '$.recognised_pages'), "
        "json_extract_string(metadata, '$.unread_pages'), json_extract_string(metadata, '$.page_reader') FROM scans "
        "WHERE uri = 'scan.pdf' AND page = 1");
  }
  static constexpr const char* kUnread = R"([1,false,null,"1","none"])";
  static constexpr const char* kRead = R"([1,true,"1",null,null])";
  IngestLake lake_{IngestLake::Setup{.ocr_languages = ""}};
  std::string scan_;
};

TEST_F(ScansTest, APageThatNobodyCouldReadIsReadWhenItComesAgainAndSomebodyCan) {
  ASSERT_EQ(Take(), JobState::kCommitted);
  ASSERT_EQ(lake_.IngestText("scans", "notes.md", "# Notes\n").state, JobState::kCommitted);
  EXPECT_EQ(FirstPage(), kUnread);
  EXPECT_EQ(Take(), JobState::kUnchanged) << "nothing could come out otherwise";
  ReadPicturesIn("eng");
  EXPECT_EQ(Take(), JobState::kCommitted);
  EXPECT_EQ(FirstPage(), kRead) << "the document is the same version of itself";
  EXPECT_EQ(lake_.Rows("SELECT uri, count(*) FROM scans GROUP BY uri ORDER BY uri"), R"(["notes.md",1],["scan.pdf",2])");
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM scans AT (VERSION => 1) WHERE text LIKE '%report%'"), "[0]") << "what was read stays so";
  EXPECT_EQ(Take(), JobState::kUnchanged);
  ReadPicturesIn("");
  EXPECT_EQ(Take(), JobState::kUnchanged) << "who reads less takes nothing away";
  EXPECT_EQ(FirstPage(), kRead);
}

TEST_F(ScansTest, AReaderThatLacksItsLanguageReadsNothingAndCommitsNothing) {
  ASSERT_EQ(Take(), JobState::kCommitted);
  ReadPicturesIn("qqq");
  EXPECT_EQ(Take(), JobState::kUnchanged);
  EXPECT_EQ(lake_.Version("scans"), 1);
  EXPECT_EQ(FirstPage(), kUnread);
  ASSERT_EQ(lake_.IngestText("others", "scan.pdf", scan_).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT DISTINCT json_extract_string(metadata, '$.page_reader') FROM others"), R"(["none"])");
}

TEST_F(ScansTest, AnArchiveInItsOwnPlaceIsReadAgainWhole) {
  const std::string archive = MakeZip({{"scan.pdf", scan_}, {"a.md", "# A\n"}, {"table.csv", "a,b\n1,2\n"}}, false);
  const auto replace = [&] { return lake_.IngestText("scans", "all.zip", archive, Mode::kReplace).state; };
  ASSERT_EQ(replace(), JobState::kCommitted);
  EXPECT_EQ(replace(), JobState::kUnchanged);
  ReadPicturesIn("eng");
  EXPECT_EQ(replace(), JobState::kCommitted);
  EXPECT_EQ(FirstPage(), kRead);
  EXPECT_EQ(lake_.Rows("SELECT uri, count(*) FROM scans GROUP BY uri ORDER BY uri"), R"(["a.md",1],["scan.pdf",2])");
  EXPECT_EQ(replace(), JobState::kUnchanged);
}

TEST_F(DocumentsTest, ATextThatIsATableStaysOneAndDocumentsDoNotGoIntoTables) {
  EXPECT_EQ(Take("t.txt", "a\tb\n1\t2\n").format, "tsv");
  const Job job = Take("words.txt", "A text of words.\nNothing else.\n");
  ASSERT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error->code, "schema_conflict");
}

TEST_F(DocumentsTest, ArchivesThatAreNoneOrTooMuchAreRefused) {
  EXPECT_EQ(Take("a.zip", "PK\x03\x04 and so on").error->code, "bad_zip");
  EXPECT_EQ(Take("a.zip", MakeZip({})).error->code, "empty_file");
  EXPECT_EQ(Take("bomb.zip", MakeZip({{"a.txt", std::string(8 << 20, 'a')}})).error->code, "decompression_bomb");
  ZipMembers many;
  for (int i = 0; i < 10'001; ++i) many.emplace_back(std::to_string(i), "");
  EXPECT_EQ(Take("many.zip", MakeZip(many)).error->code, "too_many_files");
  EXPECT_EQ(Take("tables.zip", MakeZip({{"a.csv", "a\n1\n"}})).error->code, "not_a_document");
}

TEST_F(DocumentsTest, PreviewWritesNothingAndShowsTheRows) {
  IngestRequest request;
  request.name = name_;
  request.path = lake_->WriteFile("a.md", "# A\n");
  request.file_name = "a.md";
  request.preview = true;
  const Job job = lake_->Ingest(request);
  ASSERT_EQ(job.state, JobState::kPreviewed) << Why(job);
  ASSERT_TRUE(job.sample.has_value());
  EXPECT_EQ(job.sample->size(), 1u);
  EXPECT_EQ(lake_->Version(name_), 0);
}

constexpr const char* kPeople =
    "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>paid</t></is></c>"
    "<c r=\"D1\" t=\"inlineStr\"><is><t>at</t></is></c><c r=\"E1\" t=\"inlineStr\"><is><t>ok</t></is></c></row>"
    "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\" s=\"1\"><v>45000</v></c><c r=\"C2\"><v>2.9999999999999999E-2</v></c>"
    "<c r=\"D2\" s=\"2\"><v>45000.5</v></c><c r=\"E2\" t=\"b\"><v>1</v></c></row><row r=\"3\"/>"
    "<row r=\"4\"><c r=\"A4\"><v>2</v></c><c r=\"C4\"><v>12</v></c></row>";

TEST_F(DocumentsTest, ASheetIsATable) {
  const Job job = Take("people.xlsx", MakeXlsx({{"Empty", ""}, {"People", kPeople}, {"Other", "<row><c><v>1</v></c></row>"}},
                                               "<si><t>id</t></si><si><r><t>bo</t></r><r><t>rn</t></r></si>"));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.format, "xlsx");
  EXPECT_EQ(lake_->Columns(name_), "id BIGINT, born DATE [birth_date], paid DOUBLE, at TIMESTAMP, ok BOOLEAN");
  EXPECT_EQ(Ask("id, born, paid, \"at\", ok", "ORDER BY id"),
            R"([1,"2023-03-15",0.03,"2023-03-15T12:00:00",true],[2,null,12.0,null,null])");
  ASSERT_FALSE(job.notes.empty());
  EXPECT_THAT(job.notes[0], HasSubstr("\"Other\""));
}

TEST_F(DocumentsTest, ASheetIsChosenByItsName) {
  IngestRequest request;
  request.name = name_;
  request.path =
      lake_->WriteFile("a.xlsx", MakeXlsx({{"One", "<row><c t=\"inlineStr\"><is><t>a</t></is></c></row><row><c><v>1</v></c></row>"},
                                           {"Two", "<row><c t=\"inlineStr\"><is><t>b</t></is></c></row><row><c><v>2</v></c></row>"}}));
  request.file_name = "a.xlsx";
  request.sheet = "two";
  ASSERT_EQ(lake_->Ingest(request).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Columns(name_), "b BIGINT");
  request.sheet = "three";
  EXPECT_EQ(lake_->Ingest(request).error->code, "no_such_sheet");
}

}  // namespace
}  // namespace lakehouse::ingest
