#pragma once
#include <string>
#include <utility>
#include <vector>

namespace lakehouse::ingest {

using ZipMembers = std::vector<std::pair<std::string, std::string>>;

/// A ZIP file of these members, packed, or as they are.
std::string MakeZip(const ZipMembers& members, bool packs = true);
std::string MakeDocx(const std::string& paragraphs);
/// A workbook whose sheets have these rows of XML: `<row>…</row>`.
std::string MakeXlsx(const std::vector<std::pair<std::string, std::string>>& sheets, const std::string& shared_strings = "");

/// A line of text at a place of a page, from the lower left, in points.
struct PdfLine {
  int x = 0, y = 0;
  std::string text;
};
/// A PDF with one page for each list of lines.
std::string MakePdf(const std::vector<std::vector<PdfLine>>& pages);
/// A PDF whose first page is a picture of these lines, and whose second is empty. It takes pdftoppm; empty: that failed.
std::string MakeScan(const std::vector<PdfLine>& lines);

}  // namespace lakehouse::ingest
