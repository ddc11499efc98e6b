#include "workbook.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>

#include "byte_reader.h"
#include "column_names.h"
#include "lakehouse/text/xml.h"
#include "zip_reader.h"

namespace lakehouse::ingest {
namespace {

using text::AttributeOf;
using Attributes = text::XmlHandler::Attributes;

constexpr std::int64_t kMaxPart = std::int64_t{512} << 20;

Error BadWorkbook(std::string reason, std::string message) {
  return Error(ErrorCode::kUnprocessable, std::move(message)).Named(std::move(reason));
}

std::optional<double> NumberIn(std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::size_t IndexIn(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Names and parts of the sheets, and how days are counted.
struct Workbook final : text::XmlHandler {
  std::vector<std::pair<std::string, std::string>> sheets;  // name, relation
  bool from_1904 = false;
  void Start(std::string_view name, const Attributes& attributes) override {
    if (name == "sheet") sheets.emplace_back(CleanText(AttributeOf(attributes, "name"), 200), RelationOf(attributes));
    if (name == "workbookPr") from_1904 = AttributeOf(attributes, "date1904") == "1" || AttributeOf(attributes, "date1904") == "true";
  }
  void End(std::string_view) override {}
  void Text(std::string_view) override {}
  /// "r:id" beside "sheetId": prefixes are gone, the relation is the one called "id".
  static std::string RelationOf(const Attributes& attributes) { return std::string(AttributeOf(attributes, "id")); }
};

struct Relations final : text::XmlHandler {
  std::map<std::string, std::string> targets;
  void Start(std::string_view name, const Attributes& attributes) override {
    if (name == "Relationship") targets[std::string(AttributeOf(attributes, "Id"))] = AttributeOf(attributes, "Target");
  }
  void End(std::string_view) override {}
  void Text(std::string_view) override {}
};

/// Texts that cells share. Phonetic hints are none of them.
struct SharedStrings final : text::XmlHandler {
  std::vector<std::string> texts;
  bool in_text = false;
  int phonetic = 0;
  void Start(std::string_view name, const Attributes&) override {
    if (name == "si") texts.emplace_back();
    if (name == "rPh") ++phonetic;
    if (name == "t") in_text = true;
  }
  void End(std::string_view name) override {
    if (name == "t") in_text = false;
    if (name == "rPh") --phonetic;
  }
  void Text(std::string_view text) override {
    if (in_text && phonetic == 0 && !texts.empty()) texts.back() += text;
  }
};

enum class Shown { kNumber, kDate, kTime, kDateTime };

/// What a number format shows, by its letters outside quotes and brackets.
Shown ShownBy(std::string_view code) {
  bool date = false, time = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '"' || c == '[') {
      const std::size_t end = code.find(c == '"' ? '"' : ']', i + 1);
      const bool elapsed = c == '[' && end != std::string_view::npos &&
                           code.substr(i + 1, end - i - 1).find_first_not_of("hmsHMS") == std::string_view::npos;
      time = time || (elapsed && end > i + 1);
      i = std::min(end, code.size());
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else {
      date = date || c == 'y' || c == 'Y' || c == 'd' || c == 'D';
      time = time || c == 'h' || c == 'H' || c == 's' || c == 'S';
    }
    if (c == ';') break;
  }
  return date && time ? Shown::kDateTime : date ? Shown::kDate : time ? Shown::kTime : Shown::kNumber;
}

struct Styles final : text::XmlHandler {
  std::vector<Shown> cells;
  std::map<std::size_t, Shown> own;
  bool in_cells = false;
  void Start(std::string_view name, const Attributes& attributes) override {
    if (name == "numFmt") own[IndexIn(AttributeOf(attributes, "numFmtId"))] = ShownBy(AttributeOf(attributes, "formatCode"));
    if (name == "cellXfs") in_cells = true;
    if (name == "xf" && in_cells) cells.push_back(Of(IndexIn(AttributeOf(attributes, "numFmtId"))));
  }
  void End(std::string_view name) override {
    if (name == "cellXfs") in_cells = false;
  }
  void Text(std::string_view) override {}
  Shown Of(std::size_t id) const {
    if (const auto found = own.find(id); found != own.end()) return found->second;
    if (id >= 14 && id <= 17) return Shown::kDate;
    if (id == 22) return Shown::kDateTime;
    return (id >= 18 && id <= 21) || (id >= 45 && id <= 47) ? Shown::kTime : Shown::kNumber;
  }
};

/// Days since the first of January 1970 as year, month and day (the proleptic Gregorian calendar).
void CivilFromDays(std::int64_t z, int& year, int& month, int& day) {
  z += 719'468;
  const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const auto doe = static_cast<unsigned>(z - era * 146'097);
  const unsigned yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  year = static_cast<int>(static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0));
}

std::string PlainNumber(double value) {
  char text[400];
  // A whole number is written as one; anything else as briefly as it can be read back.
  const auto written = std::fabs(value) < 9e15 && std::floor(value) == value
                           ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value))
                           : std::to_chars(text, text + sizeof text, value);
  return {text, written.ptr};
}

std::string ShownNumber(double value, Shown shown, bool from_1904) {
  // Serial 60 is a day that never was; dates before it are off by one in everybody's files.
  const double days = std::floor(value);
  if (shown == Shown::kNumber || value < 0 || days > 2'958'465) return PlainNumber(value);
  auto seconds = static_cast<std::int64_t>(std::llround((value - days) * 86'400));
  auto day_number = static_cast<std::int64_t>(days);
  if (seconds >= 86'400) {
    seconds -= 86'400;
    ++day_number;
  }
  char clock[16];
  std::snprintf(clock, sizeof clock, "%02d:%02d:%02d", static_cast<int>(seconds / 3'600), static_cast<int>(seconds / 60 % 60),
                static_cast<int>(seconds % 60));
  if (shown == Shown::kTime && day_number == 0) return clock;
  if (shown == Shown::kTime) return PlainNumber(value);
  int year = 0, month = 0, day = 0;
  CivilFromDays(day_number - (from_1904 ? 24'107 : day_number < 60 ? 25'568 : 25'569), year, month, day);
  char date[40];
  std::snprintf(date, sizeof date, "%04d-%02d-%02d", year, month, day);
  return shown == Shown::kDate && seconds == 0 ? std::string(date) : std::string(date) + " " + clock;
}

/// "AB12" → 27; nothing for what is no place.
std::optional<std::size_t> ColumnOf(std::string_view place) {
  std::size_t column = 0, letters = 0;
  for (; letters < place.size() && place[letters] >= 'A' && place[letters] <= 'Z' && letters < 4; ++letters)
    column = column * 26 + static_cast<std::size_t>(place[letters] - 'A' + 1);
  return letters == 0 ? std::nullopt : std::optional(column - 1);
}

/// Reads the cells of a sheet: once to learn its width, once to write it.
class SheetReader final : public text::XmlHandler {
 public:
  SheetReader(const SharedStrings& shared, const Styles& styles, bool from_1904)
      : shared_(shared), styles_(styles), from_1904_(from_1904) {}
  void WriteTo(BufferedWriter& writer) {
    writer_ = &writer;
    row_.clear();
  }

  void Start(std::string_view name, const Attributes& attributes) override {
    if (name == "row") row_.clear();
    if (name == "c") {
      column_ = ColumnOf(AttributeOf(attributes, "r")).value_or(row_.size());
      type_ = AttributeOf(attributes, "t");
      style_ = IndexIn(AttributeOf(attributes, "s"));
      value_.clear();
    }
    if (name == "v" || name == "t") in_value_ = true;
    if (name == "rPh") ++phonetic_;
  }
  void End(std::string_view name) override {
    if (name == "v" || name == "t") in_value_ = false;
    if (name == "rPh") --phonetic_;
    if (name == "c") EndCell();
    if (name == "row") EndRow();
  }
  void Text(std::string_view text) override {
    if (in_value_ && phonetic_ == 0) value_ += text;
  }
  bool Enough() const override { return !failed_.ok() || width_ > kMaxColumns; }
  std::size_t width() const { return width_; }
  const Status& failed() const { return failed_; }

 private:
  void EndCell() {
    if (value_.empty() || column_ > kMaxColumns) {
      if (!value_.empty()) width_ = column_ + 1;
      return;
    }
    if (column_ >= row_.size()) row_.resize(column_ + 1);
    width_ = std::max(width_, column_ + 1);
    row_[column_] = Value();
  }
  std::string Value() {
    if (type_ == "s") {
      const std::size_t at = IndexIn(value_);
      return at < shared_.texts.size() ? shared_.texts[at] : std::string();
    }
    if (type_ == "b") return value_ == "1" ? "true" : "false";
    if (type_ == "str" || type_ == "inlineStr" || type_ == "e" || type_ == "d") return value_;
    const auto number = NumberIn(value_);
    return number ? ShownNumber(*number, style_ < styles_.cells.size() ? styles_.cells[style_] : Shown::kNumber, from_1904_) : value_;
  }
  void EndRow() {
    const bool has_value = std::any_of(row_.begin(), row_.end(), [](const std::string& cell) { return !cell.empty(); });
    if (writer_ == nullptr || !has_value || !failed_) return;
    std::string& out = writer_->buffer();
    for (std::size_t i = 0; i < width_; ++i) {
      if (i > 0) out += '\t';
      const std::string_view cell = i < row_.size() ? std::string_view(row_[i]) : std::string_view();
      const bool quoted = cell.find_first_of("\t\"\r\n") != std::string_view::npos;
      if (quoted) out += '"';
      for (const char c : cell) {
        if (c == '"') out += '"';
        if (c != '\0') out += c;
      }
      if (quoted) out += '"';
    }
    out += '\n';
    failed_ = writer_->FlushWhenFull();
  }

  const SharedStrings& shared_;
  const Styles& styles_;
  const bool from_1904_;
  BufferedWriter* writer_ = nullptr;
  std::vector<std::string> row_;
  std::size_t width_ = 0, column_ = 0, style_ = 0;
  std::string type_, value_;
  bool in_value_ = false;
  int phonetic_ = 0;
  Status failed_ = Ok{};
};

std::string PartOf(const std::string& target) { return target.starts_with('/') ? target.substr(1) : "xl/" + target; }

}  // namespace

Result<SheetText> WriteSheet(const std::string& workbook_path, const std::optional<std::string>& sheet, const std::string& text_path) {
  ZipReader zip = LH_TRY(ZipReader::Open(workbook_path));
  Workbook workbook;
  LH_TRY_WHILE(text::ReadXml(LH_TRY(zip.Read("xl/workbook.xml", kMaxPart)), workbook), "read the list of sheets");
  Relations relations;
  LH_TRY_WHILE(text::ReadXml(LH_TRY(zip.Read("xl/_rels/workbook.xml.rels", kMaxPart)), relations), "read where the sheets are");
  SharedStrings shared;
  if (const std::string part = LH_TRY(zip.Read("xl/sharedStrings.xml", kMaxPart)); !part.empty())
    LH_TRY_WHILE(text::ReadXml(part, shared), "read the texts of the workbook");
  Styles styles;
  if (const std::string part = LH_TRY(zip.Read("xl/styles.xml", kMaxPart)); !part.empty())
    LH_TRY_WHILE(text::ReadXml(part, styles), "read the styles of the workbook");

  SheetText result;
  std::string names;
  for (const auto& [name, relation] : workbook.sheets) {
    names += (names.empty() ? "\"" : ", \"") + name + "\"";
    if (!result.sheet.empty() || (sheet && FoldColumnName(name) != FoldColumnName(*sheet))) {
      result.others.push_back(name);
      continue;
    }
    const auto target = relations.targets.find(relation);
    const std::string part = target == relations.targets.end() ? std::string() : LH_TRY(zip.Read(PartOf(target->second), kMaxPart));
    if (part.empty()) return BadWorkbook("bad_xlsx", "the workbook names a sheet \"" + name + "\" that it does not have");
    SheetReader reader(shared, styles, workbook.from_1904);
    LH_TRY_WHILE(text::ReadXml(part, reader), "read sheet \"" + name + "\"");
    if (reader.width() > kMaxColumns)
      return BadWorkbook("too_many_columns", "sheet \"" + name + "\" has more than " + std::to_string(kMaxColumns) + " columns");
    if (reader.width() == 0 && !sheet) {
      result.others.push_back(name);
      continue;
    }
    if (reader.width() == 0) return BadWorkbook("empty_file", "sheet \"" + name + "\" has no value");
    const UniqueFd out = LH_TRY(OpenToWrite(text_path));
    BufferedWriter writer(out.get(), text_path);
    reader.WriteTo(writer);
    LH_TRY(text::ReadXml(part, reader));
    if (!reader.failed()) return reader.failed().error();
    LH_TRY(writer.Finish());
    result.sheet = name;
  }
  if (!result.sheet.empty()) return result;
  if (sheet) return BadWorkbook("no_such_sheet", "the workbook has no sheet \"" + *sheet + "\"; there are " + names);
  return BadWorkbook("empty_file", "no sheet of the workbook has a value");
}

}  // namespace lakehouse::ingest
