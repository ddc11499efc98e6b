#include "prepare.h"

#include <algorithm>
#include <array>

#include "csv_prepare.h"
#include "document_kind.h"
#include "documents.h"
#include "json_prepare.h"
#include "rows_prepare.h"
#include "text_survey.h"
#include "transcode.h"
#include "workbook.h"

namespace lakehouse::ingest {
namespace {

Error Refused(std::string reason, std::string message) {
  return Error(ErrorCode::kUnprocessable, std::move(message)).Named(std::move(reason));
}

/// What formats that are not taken begin with, so that the answer can name them.
struct Magic {
  std::string_view octets;
  std::string_view name;
  std::string_view advice;
};
using namespace std::string_view_literals;
constexpr Magic kForeign[] = {
    {"PK\x03\x04"sv, "a ZIP archive", "unpack it"},
    {"BZh91AY&SY"sv, "a bzip2 file", "unpack it, or pack it with gzip or zstd"},
    {"\xFD"
     "7zXZ"sv,
     "an xz file", "unpack it, or pack it with gzip or zstd"},
    {"7z\xBC\xAF"sv, "a 7z archive", "unpack it"},
    {"ARROW1\0\0"sv, "an Arrow file", "save it as Parquet"},
    {"Obj\x01"sv, "an Avro file", "save it as Parquet or JSON"},
    {"ORC\x0A"sv, "an ORC file", "save it as Parquet"},
    {"SQLite format 3\0"sv, "an SQLite database", "export its tables as CSV"},
    {"\xD0\xCF\x11\xE0"sv, "an old Office document", "save the sheet as CSV"},
    {"\x89PNG"sv, "an image", "tables are taken as CSV, JSON or Parquet"},
    {"\x7F"
     "ELF"sv,
     "a program", "tables are taken as CSV, JSON or Parquet"},
};

/// A format of text and the endings of its files. How to add one: docs/how-to/a-source.md.
struct TextFormat {
  std::string_view name;  ///< as senders name it, and as Job and PrepareReport do
  std::array<std::string_view, 2> endings;
  /// Writes the rows of a UTF-8 text as JSON objects, one a line, which are then read as such. None: the text is read as it is.
  Status (*to_json_lines)(const std::string& text_path, const std::string& lines_path) = nullptr;
};
constexpr TextFormat kTextFormats[] = {
    {"csv", {".csv"}},
    {"tsv", {".tsv", ".tab"}},
    {"json", {".json"}},
    {"ndjson", {".ndjson", ".jsonl"}},
};
const TextFormat* FormatNamed(std::string_view name) {
  return std::find_if(std::begin(kTextFormats), std::end(kTextFormats), [&](const TextFormat& format) { return format.name == name; });
}

constexpr std::string_view kGzip = "\x1F\x8B"sv, kZstd = "\x28\xB5\x2F\xFD"sv;

bool EndsWith(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  name.remove_prefix(name.size() - ending.size());
  return std::equal(name.begin(), name.end(), ending.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool IsZstd(std::string_view head) {
  // A skippable frame may come first: 0x184D2A50 to 0x184D2A5F.
  return head.starts_with(kZstd) ||
         (head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xF0) == 0x50 && head.substr(1, 3) == "\x2A\x4D\x18"sv);
}

class Preparation {
 public:
  Preparation(const PrepareRequest& request, const std::string& directory, const PrepareProgress& progress)
      : request_(request), directory_(directory), progress_(progress), path_(request.path), name_(request.file_name) {}

  Result<PrepareReport> Run() {
    std::string head = LH_TRY(ReadFileRange(path_, 0, 64));
    if (head.empty()) return Refused("empty_file", "the file is empty");
    LH_TRY(Unpack(head));
    if (head.starts_with("PAR1") || LH_TRY(IsEncryptedParquet(head)) || request_.format == "parquet" || EndsWith(name_, ".parquet"))
      return Parquet(head);
    if (LH_TRY(DocumentKindOf(path_, name_, request_.format)) == "xlsx") return Sheet();
    for (const Magic& magic : kForeign)
      if (head.starts_with(magic.octets))
        return Refused("unsupported_format",
                       "the file is " + std::string(magic.name) + ", which is not taken here: " + std::string(magic.advice));
    return Text();
  }

 private:
  Status Unpack(std::string& head) {
    const bool gzip = head.starts_with(kGzip), zstd = IsZstd(head);
    for (const auto& [ending, is] : {std::pair{".gz", gzip}, std::pair{".zst", zstd}}) {
      if (!EndsWith(name_, ending)) continue;
      if (!is)
        return Refused(
            gzip || zstd                        ? "unsupported_format"
            : ending == std::string_view(".gz") ? "bad_gzip"
                                                : "bad_zstd",
            "the file is called " + std::string(ending) + " but does not begin as one, at byte 0: send it under the name of what it is");
      name_.remove_suffix(std::string_view(ending).size());
    }
    if (!gzip && !zstd) return Ok{};
    report_.compression = gzip ? "gzip" : "zstd";
    const UniqueFd in = LH_TRY(OpenToRead(path_));
    path_ = directory_ + request_.stem + ".unpacked";
    const UniqueFd out = LH_TRY(OpenToWrite(path_));
    FdReader packed(in.get());
    UnpackLimits limits;
    limits.max_bytes = request_.max_unpacked_bytes;
    const auto plain = gzip ? Gunzip(packed, limits) : Unzstd(packed, limits);
    if (LH_TRY(CopyAll(*plain, out.get(), path_)) == 0) return Refused("empty_file", "the " + report_.compression + " file holds nothing");
    head = LH_TRY(ReadFileRange(path_, 0, 64));
    if (head.starts_with(kGzip) || IsZstd(head)) return Refused("unsupported_format", "the file is packed twice: unpack it once");
    return Ok{};
  }

  /// Four letters alone may begin a table as well ("PARENT,CHILD").
  Result<bool> IsEncryptedParquet(std::string_view head) {
    if (!head.starts_with("PARE")) return false;
    const std::uint64_t size = LH_TRY(FileSize(path_));
    return size >= 12 && LH_TRY(ReadFileRange(path_, size - 4, 4)) == "PARE";
  }

  Result<PrepareReport> Parquet(std::string_view head) {
    const auto size = static_cast<std::int64_t>(LH_TRY(FileSize(path_)));
    const std::string tail = LH_TRY(ReadFileRange(path_, static_cast<std::uint64_t>(std::max<std::int64_t>(0, size - 8)), 8));
    if (tail.ends_with("PARE")) return Refused("encrypted_parquet", "the Parquet file's footer is encrypted: decrypt the file first");
    if (!head.starts_with("PAR1")) return Refused("bad_parquet", "the file is called Parquet but does not begin with PAR1");
    if (size < 12 || !tail.ends_with("PAR1"))
      return Refused("truncated_parquet",
                     "the Parquet file does not end with PAR1, at byte " + std::to_string(size) + ": it was cut short; send it again");
    std::uint32_t footer = 0;
    for (std::size_t i = 0; i < 4; ++i) footer |= static_cast<std::uint32_t>(static_cast<unsigned char>(tail[i])) << (8 * i);
    if (footer == 0 || footer > size - 12)
      return Refused("bad_parquet",
                     "the Parquet file says that its footer has " + std::to_string(footer) + " bytes, which the file cannot hold");
    report_.format = "parquet";
    report_.load_path = path_;
    report_.bytes = size;
    return std::move(report_);
  }

  /// A sheet of a workbook is a file with tabs.
  Result<PrepareReport> Sheet() {
    const std::string text_path = directory_ + request_.stem + ".sheet";
    const SheetText sheet = LH_TRY(WriteSheet(path_, request_.sheet, text_path));
    std::string others;
    for (const std::string& name : sheet.others) others += (others.empty() ? "\"" : ", \"") + name + "\"";
    report_.notes.push_back("sheet \"" + sheet.sheet + "\" was read" + (others.empty() ? "" : "; the others are " + others));
    path_ = text_path;
    read_as_ = "tsv";
    PrepareReport report = LH_TRY(Text());
    report.format = "xlsx";
    return report;
  }

  Result<PrepareReport> Text() {
    const UniqueFd fd = LH_TRY(OpenToRead(path_));
    FdReader reader(fd.get());
    TextSurvey survey = LH_TRY(SurveyText(reader));
    Encoding encoding = EncodingOf(survey);
    if (survey.first_nul && (encoding == Encoding::kUtf8 || encoding == Encoding::kWindows1252))
      return Refused("nul_bytes", "the file has " + std::to_string(survey.nuls) + " zero bytes, the first at byte " +
                                      std::to_string(*survey.first_nul) + ": it is binary or damaged, and none of it was taken");
    const TextFormat& known = *LH_TRY(FormatOf(encoding));
    std::string format(known.name);
    const bool json = format == "json" || format == "ndjson";
    if (json && survey.invalid > 0 && encoding != Encoding::kUtf16Le && encoding != Encoding::kUtf16Be) {
      // JSON is UTF-8 by definition (RFC 8259): bad lines are found as such, a bad document is refused.
      encoding = Encoding::kUtf8;
    }
    report_.encoding = WireName(encoding);
    const bool mark_in_json = json && survey.utf8_mark;
    if (encoding != Encoding::kUtf8 || mark_in_json) {
      const UniqueFd in = LH_TRY(OpenToRead(path_));
      FdReader source(in.get());
      path_ = directory_ + request_.stem + ".utf8";
      const UniqueFd out = LH_TRY(OpenToWrite(path_));
      survey = TextSurvey{};
      survey.bytes = LH_TRY(CopyAll(*ToUtf8(source, encoding), out.get(), path_));
      if (encoding == Encoding::kWindows1252) report_.notes.emplace_back("the file is not UTF-8: read as Windows-1252");
    }
    if (known.to_json_lines != nullptr) {
      const std::string lines_path = directory_ + request_.stem + ".lines";
      LH_TRY(known.to_json_lines(path_, lines_path));
      path_ = lines_path;
      report_.notes.push_back("read as " + format);
      format = "ndjson";
    }
    report_.format = format;
    report_.load_path = path_;
    report_.bytes = survey.bytes;
    if (json || format == "ndjson")
      LH_TRY(PrepareJson(request_, path_, format == "ndjson", survey.bytes, directory_, progress_, report_));
    else
      LH_TRY(PrepareCsv(request_, path_, survey, directory_, progress_, report_));
    return std::move(report_);
  }

  Result<const TextFormat*> FormatOf(Encoding encoding) {
    if (!read_as_.empty()) return FormatNamed(read_as_);
    if (request_.format) {
      std::string names;
      for (const TextFormat& format : kTextFormats) {
        if (*request_.format == format.name) return &format;
        names += std::string(format.name) + ", ";
      }
      return Refused("unsupported_format", "format \"" + *request_.format + "\" is not known; there are " + names + "parquet");
    }
    for (const TextFormat& format : kTextFormats)
      for (const std::string_view ending : format.endings)
        if (!ending.empty() && EndsWith(name_, ending)) return &format;
    return FormatNamed(LH_TRY(FormatOfContent(encoding)));
  }

  /// Of a file whose name does not tell.
  Result<std::string_view> FormatOfContent(Encoding encoding) {
    const UniqueFd fd = LH_TRY(OpenToRead(path_));
    FdReader source(fd.get());
    const auto text = ToUtf8(source, encoding);
    char start[256];
    const std::size_t got = LH_TRY(text->Read(start, sizeof start));
    const std::string_view begin(start, got);
    const auto first = begin.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return "csv"sv;
    if (begin[first] == '[') return "json"sv;
    if (begin[first] != '{') return "csv"sv;
    return encoding == Encoding::kUtf8 && LH_TRY(LooksLikeLines(path_)) ? "ndjson"sv : "json"sv;
  }

  const PrepareRequest& request_;
  const std::string& directory_;
  const PrepareProgress& progress_;
  std::string path_;
  std::string_view name_;
  std::string read_as_;  // the format that a conversion made of the file; empty: there was none
  PrepareReport report_;
};

}  // namespace

PreparedColumn PreparedColumnOf(std::string name, std::string type, const PersonalDataDetector& personal) {
  PreparedColumn column{std::move(name), std::move(type), {}, 0, 0, {}};
  const auto evidence = personal.EvidenceFor(column.name);
  if (!evidence) return column;
  column.tag = evidence->tag;
  column.tag_hits = evidence->hits;
  column.tag_seen = evidence->seen;
  return column;
}

Result<PrepareReport> PrepareFile(const PrepareRequest& request, const std::string& directory, const PrepareProgress& progress) {
  if (request.is_rows) return PrepareRows(request);
  if (!request.documents.empty()) return PrepareDocuments(request, directory, progress);
  return Preparation(request, directory, progress).Run();
}

}  // namespace lakehouse::ingest
