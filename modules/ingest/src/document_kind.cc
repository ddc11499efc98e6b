#include "document_kind.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "column_names.h"
#include "lakehouse/base/file.h"
#include "zip_reader.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kLookedAt = 4096;

/// How to add a format: a line here, a reader in document_prepare.cc.
constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
    {".html", "html"}, {".htm", "html"},  {".xhtml", "html"}, {".md", "markdown"}, {".markdown", "markdown"},
    {".txt", "text"},  {".text", "text"}, {".eml", "mail"},   {".pdf", "pdf"},     {".docx", "docx"}};
constexpr std::string_view kKinds[] = {"pdf", "docx", "html", "markdown", "text", "mail", "zip", "xlsx"};

/// Whether lines are cut alike by a delimiter: a table that is called .txt.
bool LooksLikeTable(std::string_view head, bool is_whole) {
  for (const char delimiter : {'\t', ';', '|', ','}) {
    std::ptrdiff_t width = 0;
    int lines = 0;
    bool even = true;
    for (std::size_t at = 0; at < head.size() && even;) {
      const std::size_t end = head.find('\n', at);
      if (end == std::string_view::npos && !is_whole) break;
      const std::string_view line = head.substr(at, std::min(end, head.size()) - at);
      at = std::min(end, head.size()) + 1;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const auto cuts = std::count(line.begin(), line.end(), delimiter);
      if (lines++ == 0) width = cuts;
      even = cuts == width && cuts > 0;
    }
    if (even && lines >= 2) return true;
  }
  return false;
}

}  // namespace

Result<std::string> DocumentKindOf(const std::string& path, std::string_view file_name, const std::optional<std::string>& format) {
  if (format) {
    const bool known = std::find(std::begin(kKinds), std::end(kKinds), *format) != std::end(kKinds);
    return known ? *format : std::string();
  }
  const std::string head = LH_TRY(ReadFileRange(path, 0, kLookedAt));
  const std::string name = FoldColumnName(file_name);
  // First: one that is not packed may have a PDF's beginning within these octets.
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) {
    ZipReader zip = LH_TRY(ZipReader::Open(path));
    if (zip.Has("word/document.xml")) return std::string("docx");
    if (zip.Has("xl/workbook.xml")) return std::string("xlsx");
    return std::string("zip");
  }
  if (std::string_view(head).substr(0, 1024).find("%PDF-") != std::string_view::npos) return std::string("pdf");
  const std::size_t first = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != std::string::npos) {
    const std::string begin = FoldColumnName(std::string_view(head).substr(first, 16));
    if (begin.starts_with("<!doctype html") || begin.starts_with("<html")) return std::string("html");
  }
  for (const auto& [ending, kind] : kEndings)
    if (name.ends_with(ending)) return std::string(kind == "text" && LooksLikeTable(head, head.size() < kLookedAt) ? "" : kind);
  return std::string();
}

}  // namespace lakehouse::ingest
