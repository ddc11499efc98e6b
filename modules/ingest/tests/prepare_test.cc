#include "prepare.h"

#include <gmock/gmock.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <optional>
#include <random>

#include "cell_type.h"
#include "lakehouse/base/file.h"

namespace lakehouse::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string Utf16(const std::string& ascii, bool little, bool mark) {
  std::string out = mark ? (little ? "\xFF\xFE" : "\xFE\xFF") : "";
  for (const char c : ascii) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

class PrepareTest : public testing::Test {
 protected:
  void SetUp() override { directory_.emplace(TemporaryDirectory::Create(testing::TempDir(), "prepare").Take()); }

  Result<PrepareReport> Prepare(const std::string& file_name, const std::string& octets, PrepareRequest request = {}) {
    request.stem = "f" + std::to_string(++count_);
    request.path = directory_->path() + "/" + request.stem + ".in";
    request.file_name = file_name;
    std::ofstream(request.path, std::ios::binary) << octets;
    return PrepareFile(request, directory_->path() + "/", [](std::int64_t, std::int64_t) -> Status { return Ok{}; });
  }
  std::string Reason(const std::string& file_name, const std::string& octets) {
    const auto report = Prepare(file_name, octets);
    return report ? "loaded " + std::to_string(report->rows_loaded) : std::string(report.error().reason());
  }
  static std::string Loaded(const PrepareReport& report) {
    const auto text = ReadFile(report.load_path);
    return text ? *text : text.error().ToString();
  }
  static std::vector<std::string> Types(const PrepareReport& report) {
    std::vector<std::string> types;
    for (const PreparedColumn& column : report.columns) types.push_back(column.name + " " + column.type);
    return types;
  }

  std::optional<TemporaryDirectory> directory_;
  int count_ = 0;
};

TEST_F(PrepareTest, PlainCsvIsReadWhereItLies) {
  const auto report = Prepare("t.csv", "a,b\r\n1,\"x\r\ny\"\r\n2,\r\n");
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_FALSE(report->copied);
  EXPECT_EQ(report->rows_read, 2);
  EXPECT_THAT(Types(*report), ElementsAre("a BIGINT", "b VARCHAR"));
}

TEST_F(PrepareTest, LineEndsOfEveryKindEndARecord) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto report = Prepare("t.csv", "a,b" + end + "1,x" + end + "2,y");
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->rows_read, 2);
    EXPECT_EQ(report->copied, end == "\r");
  }
  const auto mixed = Prepare("t.csv", "a,b\r\n1,x\n2,y\r3,z\n");
  ASSERT_TRUE(mixed.ok());
  EXPECT_EQ(mixed->rows_read, 3);
  EXPECT_EQ(Loaded(*mixed), "1,x\n2,y\n3,z\n");
}

TEST_F(PrepareTest, EncodingsAreFoundOut) {
  const std::string text = "name,n\nAnn,1\nBob,2\n";
  for (const bool little : {true, false})
    for (const bool mark : {true, false}) {
      const auto report = Prepare("t.csv", Utf16(text, little, mark));
      ASSERT_TRUE(report.ok()) << report.error().ToString();
      EXPECT_EQ(report->encoding, little ? "utf-16le" : "utf-16be");
      EXPECT_EQ(Loaded(*report), text);
    }
  const auto latin = Prepare("t.csv", "name,n\nJos\xE9 \x80,1\n");
  ASSERT_TRUE(latin.ok());
  EXPECT_EQ(latin->encoding, "windows-1252");
  EXPECT_EQ(Loaded(*latin), "name,n\nJosé €,1\n");
  const auto mark = Prepare("t.csv", "\xEF\xBB\xBFname,n\nAnn,1\n");
  ASSERT_TRUE(mark.ok());
  EXPECT_EQ(mark->columns[0].name, "name");
  EXPECT_EQ(Reason("t.csv", Utf16("a,b\n1,2\n", true, true) + "x"), "bad_encoding");
}

TEST_F(PrepareTest, AFewBadOctetsInUtf8CostTheirRowsOnly) {
  std::string text = "name,n\n";
  for (int i = 0; i < 200; ++i) text += "Zoë,1\n";
  text += "Jos\xE9,2\n";
  const auto report = Prepare("t.csv", text);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->encoding, "utf-8");
  EXPECT_EQ(report->rows_loaded, 200);
  EXPECT_EQ(report->rows_rejected, 1);
}

TEST_F(PrepareTest, PackedFilesAreUnpackedWithAllTheirMembers) {
  for (const auto& [name, packed] : {std::pair<std::string, std::string>{"t.csv.gz", Gzip("a,b\n1,2\n") + Gzip("3,4\n")},
                                     {"t.csv.zst", Zstd("a,b\n1,2\n") + Zstd("3,4\n")}}) {
    const auto report = Prepare(name, packed);
    ASSERT_TRUE(report.ok()) << report.error().ToString();
    EXPECT_EQ(report->rows_read, 2) << name;
    EXPECT_THAT(Types(*report), ElementsAre("a BIGINT", "b BIGINT"));
  }
  EXPECT_EQ(Prepare("t.csv.gz", Gzip("a\n1\n") + std::string(512, '\0'))->rows_read, 1);
}

TEST_F(PrepareTest, DamagedPackingNamesTheOctet) {
  const std::string packed = Gzip(std::string(5000, 'x') + "\n1,2\n");
  const auto cut = Prepare("t.csv.gz", packed.substr(0, packed.size() / 2));
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().reason(), "bad_gzip");
  EXPECT_THAT(cut.error().message(), HasSubstr("at byte " + std::to_string(packed.size() / 2)));
  EXPECT_EQ(Reason("t.csv.gz", "a,b\n1,2\n"), "bad_gzip");
  std::string wrong_sum = packed;
  wrong_sum[wrong_sum.size() - 6] = static_cast<char>(wrong_sum[wrong_sum.size() - 6] ^ 1);
  EXPECT_EQ(Reason("t.csv.gz", wrong_sum), "bad_gzip");
  EXPECT_EQ(Reason("t.csv.gz", packed + "trailing"), "bad_gzip");
  const std::string frame = Zstd(std::string(50'000, 'y'));
  EXPECT_EQ(Reason("t.csv.zst", frame.substr(0, frame.size() - 3)), "bad_zstd");
  EXPECT_EQ(Reason("t.csv.gz", Gzip(Gzip("a\n1\n"))), "unsupported_format");
}

TEST_F(PrepareTest, BombsAreRefusedEarly) {
  const std::string zeros(64u << 20, '0');
  EXPECT_EQ(Reason("t.csv.gz", Gzip(zeros)), "decompression_bomb");
  EXPECT_EQ(Reason("t.csv.zst", Zstd(zeros)), "decompression_bomb");
  PrepareRequest small;
  small.max_unpacked_bytes = 1000;
  std::mt19937 random(7);
  std::string text = "a\n";
  for (int i = 0; i < 2000; ++i) text += std::to_string(random()) + "\n";
  const auto report = Prepare("t.csv.gz", Gzip(text), small);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().reason(), "decompression_bomb");
}

TEST_F(PrepareTest, WhatIsNoTableIsRefusedByName) {
  EXPECT_EQ(Reason("t.csv", ""), "empty_file");
  EXPECT_EQ(Reason("t.csv.gz", Gzip("")), "empty_file");
  EXPECT_EQ(Reason("t.csv", "\n\n\n"), "empty_file");
  EXPECT_EQ(Reason("t.csv", "\n\n \n"), "empty_file") << "a line of spaces is no header";
  EXPECT_EQ(Reason("t.csv", " \t"), "empty_file");
  EXPECT_EQ(Reason("t.json", "  "), "empty_file");
  EXPECT_EQ(Reason("t.csv", std::string("a,b\n1,\0\n", 8)), "nul_bytes");
  EXPECT_EQ(Reason("t.xlsx", std::string("PK\x03\x04 and so on")), "bad_zip");
  EXPECT_EQ(Reason("t.parquet", "PAR1 cut sho"), "truncated_parquet");
  EXPECT_EQ(Reason("t.parquet", "no Parquet at all"), "bad_parquet");
  EXPECT_EQ(Reason("t.csv", "a,b\n1,\"x\n2,y\n"), "unterminated_quote");
  EXPECT_EQ(Reason("t.csv", "a,b\n1,\"" + std::string(17u << 20, 'x') + "\n"), "record_too_long");
  EXPECT_EQ(Reason("t.csv", std::string(18u << 20, 'x')), "record_too_long");
}

TEST_F(PrepareTest, HeaderOnlyIsATableWithoutRows) {
  const auto report = Prepare("t.csv", "Name,Address");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows_read, 0);
  EXPECT_THAT(Types(*report), ElementsAre("Name VARCHAR", "Address VARCHAR"));
}

TEST_F(PrepareTest, EqualAndMissingNamesAreMadeUnique) {
  const auto report = Prepare("t.csv", "a,A,,a\n1,2,3,4\n");
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(Types(*report), ElementsAre("a BIGINT", "A_1 BIGINT", "column2 BIGINT", "a_2 BIGINT"));
  EXPECT_EQ(report->notes.size(), 3u);
}

TEST_F(PrepareTest, ALineOfValuesIsNoHeader) {
  const auto report = Prepare("t.csv", "1,2020-01-01\n2,2020-01-02\n");
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->header);
  EXPECT_EQ(report->rows_read, 2);
  EXPECT_THAT(Types(*report), ElementsAre("column0 BIGINT", "column1 DATE"));
  PrepareRequest told;
  told.header = true;
  EXPECT_EQ(Prepare("t.csv", "1,2020-01-01\n2,2020-01-02\n", told)->rows_read, 1);
  EXPECT_TRUE(Prepare("t.csv", "year,2020,2021\nsales,1,2\n")->header);
}

TEST_F(PrepareTest, TypesAreOnlyWhatNobodyCanDoubt) {
  const auto type = [&](const std::string& values) { return Prepare("t.csv", "c,x\n" + values)->columns[0].type; };
  EXPECT_EQ(type("1,\n-20,\n,\n"), "BIGINT");
  EXPECT_EQ(type("01234,\n98765,\n"), "VARCHAR") << "leading zeros";
  EXPECT_EQ(type("1,\nn/a,\n"), "VARCHAR");
  EXPECT_EQ(type("12345678901234567890,\n"), "VARCHAR") << "beyond 64 bits";
  EXPECT_EQ(type("1.5,\n2,\n"), "DOUBLE");
  EXPECT_EQ(type("1.5,\n9007199254740993,\n"), "VARCHAR") << "a double would change it";
  EXPECT_EQ(type("1e5,\n"), "VARCHAR") << "could be a code";
  EXPECT_EQ(type("1e-05,\n2.5E+3,\n"), "DOUBLE");
  EXPECT_EQ(type("\"1,5\",\n"), "VARCHAR");
  EXPECT_EQ(type("2020-02-29,\n"), "DATE");
  EXPECT_EQ(type("2021-02-29,\n"), "VARCHAR") << "no such day";
  EXPECT_EQ(type("01.02.2020,\n"), "VARCHAR");
  EXPECT_EQ(type("2020-01-01,\n2020-01-01 10:00:00,\n"), "TIMESTAMP");
  EXPECT_EQ(type("2020-01-01T10:00:00Z,\n2020-01-01T10:00:00.5+02:00,\n"), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(type("true,\nFALSE,\n"), "BOOLEAN");
  EXPECT_EQ(type("0,\n1,\n"), "BIGINT");
  EXPECT_EQ(type(",\n,\n"), "VARCHAR");
}

TEST_F(PrepareTest, DelimitersAndEscapesAreFoundOut) {
  EXPECT_EQ(Prepare("t.csv", "a;b\n1,5;x\n2,5;y\n")->delimiter, ";");
  EXPECT_EQ(Prepare("t.csv", "a|b|c\n1|2|3\n")->delimiter, "|");
  EXPECT_EQ(Prepare("t.txt", "a\tb\n1\t2\n")->format, "tsv");
  EXPECT_EQ(Prepare("t.csv", "one\nx\ny\n")->columns.size(), 1u);
  const auto escaped = Prepare("t.csv", "a;b\n\"say \\\"x; y\\\"\";1\n\"z\";2\n");
  ASSERT_TRUE(escaped.ok());
  EXPECT_EQ(Loaded(*escaped), "\"say \"\"x; y\"\"\",1\nz,2\n");
}

TEST_F(PrepareTest, EveryRowIsLoadedOrRejected) {
  const auto report = Prepare("t.csv", "a,b\n1,2\n3\n4,5,6\n7,8,\n\n9,stray \" quote\n");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows_read, 5);
  EXPECT_EQ(report->rows_loaded, 3);
  EXPECT_EQ(report->rows_rejected, 2);
  EXPECT_EQ(Loaded(*report), "1,2\n7,8\n9,\"stray \"\" quote\"\n");
  EXPECT_EQ(*ReadFile(report->rejects_path), "3,,\"2 cells expected, 1 found\",3\n4,,\"2 cells expected, 3 found\",\"4,5,6\"\n");
}

TEST_F(PrepareTest, JsonSaysWhereItIsWrong) {
  const auto bad = Prepare("t.json", "[{\"a\":1},\n {\"a\":tru}]");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().reason(), "bad_json");
  EXPECT_THAT(bad.error().message(), HasSubstr("line 2, column 2"));
  EXPECT_EQ(Reason("t.json", "[1,2"), "bad_json");
  EXPECT_EQ(Reason("t.json", "[1,,2]"), "bad_json");
  EXPECT_EQ(Reason("t.json", "[1,2] x"), "bad_json");
  EXPECT_EQ(Reason("t.json", "{\"a\":1}{\"a\":2}"), "bad_json");
  EXPECT_EQ(Reason("t.json", std::string(100'000, '[')), "too_deep");
  EXPECT_EQ(Reason("t.ndjson", std::string(100'000, '[') + "\n"), "too_deep");
  EXPECT_EQ(Reason("t.json", "{\"a\":\n 1}\n{\"a\":2}\n"), "loaded 2");
  EXPECT_EQ(Reason("t", "{\"a\":1}\nbroken\n{\"a\":2}\n"), "loaded 2");
}

/// The same text whole and cut into pieces at random places gives the same: nothing depends on where a buffer ends.
TEST_F(PrepareTest, LargeFilesOfRandomRecordsAreReadAsTheyWereWritten) {
  const unsigned seed = 20261121;
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::string text = "id,v\n", expected;
  const char* const pieces[] = {"x", ",", "\"\"", "\n", "\r\n", "é", " ", "long text "};
  const char* const decoded[] = {"x", ",", "\"\"", "\n", "\r\n", "é", " ", "long text "};
  int rows = 0;
  while (text.size() < (5u << 20)) {
    std::string cell, copy;
    bool quotes = false;
    for (auto i = random() % 40; i > 0; --i) {
      const auto n = static_cast<unsigned>(random() % 8);
      cell += pieces[n];
      copy += decoded[n];
      quotes = quotes || (n >= 1 && n <= 4);
    }
    text += std::to_string(rows) + ",\"" + cell + "\"\n";
    expected += std::to_string(rows) + "," + (quotes ? "\"" + copy + "\"" : copy) + "\n";
    ++rows;
  }
  PrepareRequest copy;
  copy.plain_copy = true;
  const auto report = Prepare("t.csv", text, copy);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->rows_read, rows);
  EXPECT_EQ(report->rows_rejected, 0);
  EXPECT_TRUE(Loaded(*report) == expected);
  EXPECT_EQ(Prepare("t.csv.gz", Gzip(text))->rows_read, rows);
}

}  // namespace
}  // namespace lakehouse::ingest
