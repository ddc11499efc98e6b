// Reads documents and writes their rows, in the jail.
#include <algorithm>
#include <map>

#include <boost/describe/class.hpp>

#include "byte_reader.h"
#include "documents.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/text/extract.h"
#include "lakehouse/text/personal_data.h"
#include "reject_file.h"
#include "text_survey.h"
#include "transcode.h"
#include "type_tree.h"
#include "zip_reader.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kMaxDocumentBytes = std::int64_t{64} << 20;
constexpr std::int64_t kMaxPdfTextBytes = std::int64_t{256} << 20;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxPages = 100'000;
constexpr std::string_view kHeadingsType = "STRUCT(\"level\" BIGINT, title VARCHAR, start_byte BIGINT)[]";

struct HeadingCell {
  std::int64_t level = 1;
  std::string title;
  std::int64_t start_byte = 0;
};
BOOST_DESCRIBE_STRUCT(HeadingCell, (), (level, title, start_byte))

/// A piece of a document: a page, or what fits of it. The pieces of a document in order are its text, with nothing between them.
struct DocumentRow {
  std::string id, uri;
  std::int64_t version = 1;
  std::string format;
  std::optional<std::string> title;
  std::optional<std::int64_t> page;
  std::int64_t part = 1;
  std::int64_t start_byte = 0, end_byte = 0;
  std::string text;
  std::vector<HeadingCell> headings;
  std::optional<std::string> metadata;
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(DocumentRow, (),
                      (id, uri, version, format, title, page, part, start_byte, end_byte, text, headings, metadata, sha256))

Error Unreadable(std::string reason, std::string message) {
  return Error(ErrorCode::kUnprocessable, std::move(message)).Named(std::move(reason));
}

Result<std::string> ReadWhole(const std::string& path, std::int64_t most) {
  const auto size = static_cast<std::int64_t>(LH_TRY(FileSize(path)));
  if (size > most)
    return Unreadable("document_too_large",
                      "it has " + std::to_string(size) + " bytes; at most " + std::to_string(most) + " are read of one document");
  return ReadFileRange(path, 0, static_cast<std::uint64_t>(size));
}

/// A text file as UTF-8, whatever encoding it is in.
Result<std::string> ReadText(const std::string& path, std::vector<std::string>& notes) {
  std::string octets = LH_TRY(ReadWhole(path, kMaxDocumentBytes));
  const UniqueFd first = LH_TRY(OpenToRead(path));
  FdReader survey_reader(first.get());
  const TextSurvey survey = LH_TRY(SurveyText(survey_reader));
  const Encoding encoding = EncodingOf(survey);
  if (survey.first_nul && (encoding == Encoding::kUtf8 || encoding == Encoding::kWindows1252))
    return Unreadable("nul_bytes",
                      "it has zero bytes, the first at byte " + std::to_string(*survey.first_nul) + ": it is no text, or damaged");
  if (encoding == Encoding::kUtf8) return octets;
  const UniqueFd second = LH_TRY(OpenToRead(path));
  FdReader source(second.get());
  const auto reader = ToUtf8(source, encoding);
  octets.clear();
  std::string buffer(std::size_t{64} << 10, '\0');
  while (const std::size_t got = LH_TRY(reader->Read(buffer.data(), buffer.size()))) octets.append(buffer, 0, got);
  if (encoding == Encoding::kWindows1252) notes.emplace_back("it is not UTF-8: read as Windows-1252");
  return octets;
}

Result<text::ExtractedDocument> ReadDocx(const std::string& path) {
  ZipReader zip = LH_TRY(ZipReader::Open(path));
  text::DocxParts parts;
  parts.document = LH_TRY(zip.Read("word/document.xml", kMaxDocumentBytes));
  parts.styles = LH_TRY(zip.Read("word/styles.xml", kMaxDocumentBytes));
  parts.core = LH_TRY(zip.Read("docProps/core.xml", 1 << 20));
  if (parts.document.empty()) return Unreadable("bad_docx", "it has no word/document.xml");
  return text::ExtractDocx(parts);
}

Result<text::ExtractedDocument> ReadPdf(const DocumentSource& source) {
  const std::string words = LH_TRY(ReadWhole(source.text_path, kMaxPdfTextBytes));
  const std::string info = source.info_path.empty() ? std::string() : LH_TRY(ReadWhole(source.info_path, 1 << 20));
  text::ExtractedDocument document = text::ExtractPdfText(words, info);
  if (!source.recognised_pages.empty()) document.metadata["recognised_pages"] = source.recognised_pages;
  if (!source.unread_pages.empty()) {
    document.metadata["unread_pages"] = source.unread_pages;
    document.metadata["page_reader"] = source.page_reader;
  }
  const auto& pages = document.page_starts;
  if (pages.size() > kMaxPages) return Unreadable("too_many_pages", "it has more than " + std::to_string(kMaxPages) + " pages");
  std::size_t blank = 0;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::size_t end = i + 1 < pages.size() ? pages[i + 1] : document.text.size();
    if (std::string_view(document.text).substr(pages[i], end - pages[i]).find_first_not_of(" \n\t") == std::string_view::npos) ++blank;
  }
  if (blank > 0)
    document.notes.push_back(std::to_string(blank) + " of " + std::to_string(pages.size()) +
                             " pages have no text: they are empty, or pictures in which none was read");
  return document;
}

Result<text::ExtractedDocument> ReadDocument(const DocumentSource& source) {
  if (source.kind == "pdf") return ReadPdf(source);
  if (source.kind == "docx") return ReadDocx(source.path);
  if (source.kind == "mail") return text::ExtractMail(LH_TRY(ReadWhole(source.path, kMaxDocumentBytes)));
  std::vector<std::string> notes;
  const std::string utf8 = LH_TRY(ReadText(source.path, notes));
  text::ExtractedDocument document = source.kind == "html"       ? text::ExtractHtml(utf8)
                                     : source.kind == "markdown" ? text::ExtractMarkdown(utf8)
                                                                 : text::ExtractPlain(utf8);
  document.notes.insert(document.notes.end(), notes.begin(), notes.end());
  return document;
}

/// Where a piece that begins at `from` ends, before `end`: after a paragraph, a line, a word; never inside a character.
std::size_t EndOfPiece(const std::string& text, std::size_t from, std::size_t end) {
  if (end - from <= kPieceBytes) return end;
  const std::size_t limit = from + kPieceBytes, least = from + kPieceBytes / 2;
  for (const std::string_view mark : {"\n\n", "\n", " "}) {
    const std::size_t at = text.rfind(mark, limit - mark.size());
    if (at != std::string::npos && at >= least) return at + mark.size();
  }
  std::size_t at = limit;
  while (at > from + 1 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

class DocumentRows {
 public:
  DocumentRows(const DocumentSource& source, const text::ExtractedDocument& document) : source_(source), document_(document) {}

  Status Write(BufferedWriter& writer, DocumentOutcome& outcome) {
    const std::string& text = document_.text;
    const auto& pages = document_.page_starts;
    outcome.pages = static_cast<std::int64_t>(pages.size());
    for (std::size_t page = 0; page < std::max<std::size_t>(1, pages.size()); ++page) {
      const std::size_t end = page + 1 < pages.size() ? pages[page + 1] : text.size();
      std::size_t at = pages.empty() ? 0 : pages[page];
      do {
        const std::size_t piece = EndOfPiece(text, at, end);
        WriteRow(writer, at, piece, pages.empty() ? std::nullopt : std::optional(static_cast<std::int64_t>(page) + 1));
        LH_TRY(writer.FlushWhenFull());
        at = piece;
      } while (at < end);
    }
    outcome.rows = part_;
    return Ok{};
  }

 private:
  void WriteRow(BufferedWriter& writer, std::size_t begin, std::size_t end, std::optional<std::int64_t> page) {
    DocumentRow row;
    row.id = source_.id;
    row.uri = source_.uri;
    row.version = source_.version;
    row.format = source_.kind;
    if (!document_.title.empty()) row.title = document_.title;
    row.page = page;
    row.part = ++part_;
    row.start_byte = static_cast<std::int64_t>(begin);
    row.end_byte = static_cast<std::int64_t>(end);
    row.text = document_.text.substr(begin, end - begin);
    for (; heading_ < document_.headings.size() && document_.headings[heading_].start < end; ++heading_) {
      const text::Heading& heading = document_.headings[heading_];
      row.headings.push_back({heading.level, heading.title, static_cast<std::int64_t>(heading.start)});
    }
    if (!document_.metadata.empty()) row.metadata = EncodeJson(document_.metadata);
    row.sha256 = source_.sha256;
    writer.buffer() += EncodeJson(row);
    writer.buffer() += '\n';
  }

  const DocumentSource& source_;
  const text::ExtractedDocument& document_;
  std::int64_t part_ = 0;
  std::size_t heading_ = 0;
};

std::vector<std::string> PersonalKindsIn(const std::string& text) {
  std::map<std::string_view, int> counts;
  for (const text::PersonalFinding& finding : text::FindPersonalData(text))
    if (finding.score >= .5) ++counts[WireName(finding.kind)];
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : counts) kinds.push_back(std::string(kind) + " " + std::to_string(count));
  return kinds;
}

/// Documents as columns: their text is what holds personal data, if anything does.
void TagText(PrepareReport& report) {
  std::int64_t read = 0, with = 0;
  for (const DocumentOutcome& outcome : report.documents) {
    read += outcome.rows > 0 ? 1 : 0;
    with += outcome.personal.empty() ? 0 : 1;
  }
  for (PreparedColumn& column : report.columns) {
    if (column.name != "text" || with == 0) continue;
    column.tag = "personal";
    column.tag_hits = with;
    column.tag_seen = read;
  }
}

/// A dataset of documents takes documents; another one does not.
bool IsDocumentTarget(const std::vector<TargetColumn>& target) {
  const auto columns = DocumentColumns();
  return target.empty() ||
         (target.size() == columns.size() && std::equal(target.begin(), target.end(), columns.begin(),
                                                        [](const auto& a, const auto& b) { return a.name == b.name && a.type == b.type; }));
}

}  // namespace

std::vector<PreparedColumn> DocumentColumns() {
  const auto type = ParseType(kHeadingsType);
  const std::string headings = type ? SpellType(*type) : std::string(kHeadingsType);
  std::vector<PreparedColumn> columns;
  for (const auto& [name, of_type] : {std::pair<const char*, std::string>{"id", "VARCHAR"},
                                      {"uri", "VARCHAR"},
                                      {"version", "BIGINT"},
                                      {"format", "VARCHAR"},
                                      {"title", "VARCHAR"},
                                      {"page", "BIGINT"},
                                      {"part", "BIGINT"},
                                      {"start_byte", "BIGINT"},
                                      {"end_byte", "BIGINT"},
                                      {"text", "VARCHAR"},
                                      {"headings", headings},
                                      {"metadata", "VARCHAR"},
                                      {"sha256", "VARCHAR"}})
    columns.push_back({name, of_type, {}, 0, 0});
  return columns;
}

Result<PrepareReport> PrepareDocuments(const PrepareRequest& request, const std::string& directory, const PrepareProgress& progress) {
  PrepareReport report;
  report.is_lines = report.copied = true;
  report.load_path = directory + request.stem + ".ndjson";
  report.columns = DocumentColumns();
  report.fits_target = IsDocumentTarget(request.target);
  const UniqueFd out = LH_TRY(OpenToWrite(report.load_path));
  BufferedWriter writer(out.get(), report.load_path);
  RejectFile rejects(directory + request.stem + ".rejects.csv");
  std::int64_t done = 0;
  std::optional<Error> first_error;
  for (const DocumentSource& source : request.documents) {
    LH_TRY(progress(done++, static_cast<std::int64_t>(request.documents.size())));
    DocumentOutcome outcome;
    outcome.uri = source.uri;
    outcome.notes = source.notes;
    report.bytes += source.bytes;
    const auto document = [&]() -> Result<text::ExtractedDocument> {
      if (!source.problem.empty()) return Unreadable(source.problem_reason, source.problem);
      if (source.is_unchanged) return text::ExtractedDocument();
      return ReadDocument(source);
    }();
    if (!document) {
      if (document.error().code() != ErrorCode::kUnprocessable) return document.error();
      outcome.problem = document.error().message();
      outcome.problem_reason = document.error().reason();
      LH_TRY(rejects.Add(0, "", outcome.problem_reason + ": " + outcome.problem, source.uri));
      if (!first_error) first_error = document.error();
    } else if (!source.is_unchanged) {
      LH_TRY(DocumentRows(source, *document).Write(writer, outcome));
      outcome.notes.insert(outcome.notes.end(), document->notes.begin(), document->notes.end());
      outcome.personal = PersonalKindsIn(document->text);
      report.rows_loaded += outcome.rows;
    }
    report.documents.push_back(std::move(outcome));
  }
  LH_TRY(writer.Finish());
  LH_TRY(rejects.Finish());
  const bool nothing_good = std::none_of(request.documents.begin(), request.documents.end(), [](const auto& s) { return s.is_unchanged; });
  if (report.rows_loaded == 0 && first_error && nothing_good) {
    if (request.documents.size() == 1) return *std::move(first_error);
    return std::move(*first_error).While("none of the " + std::to_string(request.documents.size()) + " documents could be read; the first");
  }
  TagText(report);
  report.rejects_path = rejects.path();
  report.rows_rejected = rejects.count();
  report.rows_read = report.rows_loaded + report.rows_rejected;
  return report;
}

}  // namespace lakehouse::ingest
