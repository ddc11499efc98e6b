#include "document_files.h"

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "lakehouse/base/file.h"

namespace lakehouse::ingest {
namespace {

void Put(std::string& out, std::uint64_t value, int octets) {
  for (int i = 0; i < octets; ++i, value >>= 8) out += static_cast<char>(value & 0xFF);
}

std::string Deflate(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string MakeZip(const ZipMembers& members, bool packs) {
  std::string out, directory;
  for (const auto& [name, text] : members) {
    const std::string packed = packs ? Deflate(text) : text;
    const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
    std::string facts;
    Put(facts, 20, 2);     // version
    Put(facts, 0x800, 2);  // names are UTF-8
    Put(facts, packs ? 8 : 0, 2);
    Put(facts, 0, 4);
    Put(facts, crc, 4);
    Put(facts, packed.size(), 4);
    Put(facts, text.size(), 4);
    Put(facts, name.size(), 2);
    Put(facts, 0, 2);
    const std::size_t at = out.size();
    out += "PK\x03\x04" + facts + name + packed;
    directory += "PK\x01\x02";
    Put(directory, 20, 2);
    directory += facts;
    Put(directory, 0, 2 + 2 + 2 + 4);
    Put(directory, at, 4);
    directory += name;
  }
  const std::size_t at = out.size();
  out += directory + "PK\x05\x06";
  Put(out, 0, 4);
  Put(out, members.size(), 2);
  Put(out, members.size(), 2);
  Put(out, directory.size(), 4);
  Put(out, at, 4);
  Put(out, 0, 2);
  return out;
}

std::string MakeDocx(const std::string& paragraphs) {
  return MakeZip(
      {{"[Content_Types].xml", "<Types/>"},
       {"word/document.xml", "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>" + paragraphs + "</w:body></w:document>"}});
}

std::string MakeXlsx(const std::vector<std::pair<std::string, std::string>>& sheets, const std::string& shared_strings) {
  ZipMembers members;
  std::string list, relations;
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const std::string n = std::to_string(i + 1);
    list += "<sheet name=\"" + sheets[i].first + "\" sheetId=\"" + n + "\" r:id=\"rId" + n + "\"/>";
    relations += "<Relationship Id=\"rId" + n + "\" Target=\"worksheets/sheet" + n + ".xml\"/>";
    members.emplace_back("xl/worksheets/sheet" + n + ".xml", "<worksheet><sheetData>" + sheets[i].second + "</sheetData></worksheet>");
  }
  members.emplace_back("xl/workbook.xml", "<workbook xmlns:r=\"r\"><sheets>" + list + "</sheets></workbook>");
  members.emplace_back("xl/_rels/workbook.xml.rels", "<Relationships>" + relations + "</Relationships>");
  members.emplace_back("xl/styles.xml",
                       "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"[$-409]d\\-mmm\\-yy h:mm\"/></numFmts>"
                       "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"170\"/></cellXfs></styleSheet>");
  if (!shared_strings.empty()) members.emplace_back("xl/sharedStrings.xml", "<sst>" + shared_strings + "</sst>");
  return MakeZip(members);
}

namespace {

std::string PdfOf(const std::vector<std::string>& objects) {
  std::string out = "%PDF-1.4\n", table = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    char place[24];
    std::snprintf(place, sizeof place, "%010zu 00000 n \n", out.size());
    table += place;
    out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::size_t at = out.size();
  out += "xref\n0 " + std::to_string(objects.size() + 1) + "\n" + table + "trailer << /Size " + std::to_string(objects.size() + 1) +
         " /Root 1 0 R >>\nstartxref\n" + std::to_string(at) + "\n%%EOF\n";
  return out;
}

}  // namespace

std::string MakePdf(const std::vector<std::vector<PdfLine>>& pages) {
  std::vector<std::string> objects;
  std::string kids;
  const std::size_t first = 4;  // after catalog, pages, font
  for (std::size_t i = 0; i < pages.size(); ++i) kids += std::to_string(first + 2 * i) + " 0 R ";
  objects.emplace_back("<< /Type /Catalog /Pages 2 0 R >>");
  objects.push_back("<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>");
  objects.emplace_back("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::string content;
    for (const PdfLine& line : pages[i])
      content += "BT /F1 10 Tf " + std::to_string(line.x) + " " + std::to_string(line.y) + " Td (" + line.text + ") Tj ET\n";
    objects.push_back("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents " +
                      std::to_string(first + 2 * i + 1) + " 0 R >>");
    objects.push_back("<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "endstream");
  }
  return PdfOf(objects);
}

std::string MakeScan(const std::vector<PdfLine>& lines) {
  const auto directory = TemporaryDirectory::Create("/tmp", "scan-");
  if (!directory) return {};
  const std::string path = directory->path();
  std::ofstream(path + "/a.pdf", std::ios::binary) << MakePdf({lines});
  if (std::system(("pdftoppm -gray -r 200 -singlefile " + path + "/a.pdf " + path + "/a").c_str()) != 0) return {};
  std::ifstream file(path + "/a.pgm", std::ios::binary);
  std::string kind;
  int width = 0, height = 0, most = 0;
  file >> kind >> width >> height >> most;
  file.get();
  const std::string pixels((std::istreambuf_iterator<char>(file)), {});
  const std::string content = "612 0 0 792 0 0 cm /I Do";
  return PdfOf({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>",
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /XObject << /I 5 0 R >> >> /Contents 4 0 R >>",
                "<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream",
                "<< /Type /XObject /Subtype /Image /Width " + std::to_string(width) + " /Height " + std::to_string(height) +
                    " /ColorSpace /DeviceGray /BitsPerComponent 8 /Length " + std::to_string(pixels.size()) + " >>\nstream\n" + pixels +
                    "\nendstream",
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"});
}

}  // namespace lakehouse::ingest
