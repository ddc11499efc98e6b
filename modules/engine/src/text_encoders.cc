// Row by row as text: JSON arrays, NDJSON, CSV.
#include <map>
#include <string>

#include "duck.h"
#include "encoder.h"
#include "json_text.h"
#include "scalar_text.h"

namespace lakehouse::engine {

namespace {

/// The loop they share: a row that does not fit is taken back, and ends the result.
class RowEncoder : public Encoder {
 public:
  explicit RowEncoder(const std::vector<Shape>& shapes) : shapes_(shapes) {}
  Status Begin(Text&) override { return Ok{}; }
  Result<Reached> Append(idx_t from, idx_t to, Text& out) override {
    idx_t row = from;
    for (; row < to && out.size() < kEnough; ++row) {
      const std::size_t before = out.size();
      WriteRow(row, out);
      if (out.overflowed()) {
        out.CutBack(before);
        return Reached{row, true};
      }
    }
    return Reached{row, false};
  }
  Status Finish(Text&) override { return Ok{}; }

 protected:
  virtual void WriteRow(idx_t row, Text& out) = 0;
  const std::vector<Shape>& shapes_;
};

class JsonRowsEncoder : public RowEncoder {
 public:
  using RowEncoder::RowEncoder;

 private:
  void WriteRow(idx_t row, Text& out) override {
    if (!first_) out.Put(',');
    char before = '[';
    for (const Shape& shape : shapes_) {
      out.Put(before);
      before = ',';
      WriteJsonValue(shape, row, out);
    }
    out.Put(']');
    first_ = first_ && out.overflowed();
  }
  bool first_ = true;
};

class NdjsonEncoder : public RowEncoder {
 public:
  NdjsonEncoder(const std::vector<Column>& columns, const std::vector<Shape>& shapes) : RowEncoder(shapes) {
    std::map<std::string, int> seen;
    for (const Column& column : columns) {
      std::string name = column.name;
      while (seen.contains(name)) name = column.name + "_" + std::to_string(seen[column.name]++);
      seen[name] = 1;
      Text key(name.size() * 6 + 8);
      key.Put(keys_.empty() ? '{' : ',');
      WriteJsonString(name, key);
      key.Put(':');
      keys_.emplace_back(key.view());
    }
  }

 private:
  void WriteRow(idx_t row, Text& out) override {
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      out.Append(keys_[i]);
      WriteJsonValue(shapes_[i], row, out);
    }
    out.Append("}\n");
  }
  std::vector<std::string> keys_;  // with the punctuation before and after
};

void WriteCsvText(std::string_view text, Text& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) return out.Append(text);
  if (!out.Fits(text.size() + 2)) return;
  out.Put('"');
  for (std::size_t quote; (quote = text.find('"')) != std::string_view::npos; text.remove_prefix(quote + 1)) {
    out.Append(text.substr(0, quote + 1));
    out.Put('"');
  }
  out.Append(text);
  out.Put('"');
}

class CsvEncoder : public RowEncoder {
 public:
  CsvEncoder(const std::vector<Column>& columns, const std::vector<Shape>& shapes) : RowEncoder(shapes), columns_(columns) {}
  Status Begin(Text& out) override {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i != 0) out.Put(',');
      WriteCsvText(columns_[i].name, out);
    }
    out.Put('\n');
    return Ok{};
  }

 private:
  void WriteRow(idx_t row, Text& out) override {
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      if (i != 0) out.Put(',');
      WriteField(shapes_[i], row, out);
    }
    out.Put('\n');
  }
  void WriteField(const Shape& shape, idx_t row, Text& out) {
    if (shape.IsNull(row)) return;
    switch (shape.type) {
      case DUCKDB_TYPE_SQLNULL: return;
      case DUCKDB_TYPE_VARCHAR: return WriteCsvText(TextAt(static_cast<const duckdb_string_t*>(shape.data), row), out);
      case DUCKDB_TYPE_BLOB: return WriteBase64(TextAt(static_cast<const duckdb_string_t*>(shape.data), row), out);
      case DUCKDB_TYPE_LIST:
      case DUCKDB_TYPE_MAP:
      case DUCKDB_TYPE_ARRAY:
      case DUCKDB_TYPE_STRUCT: return WriteQuoted(shape, row, out, WriteJsonValue);
      case DUCKDB_TYPE_ENUM:
        return WriteQuoted(shape, row, out, [](const Shape& s, idx_t r, Text& o) { WriteScalar(s, r, Spelling::kDuckDb, o); });
      default: return WriteScalar(shape, row, Spelling::kDuckDb, out);
    }
  }
  template <typename Write>
  void WriteQuoted(const Shape& shape, idx_t row, Text& out, Write write) {
    field_.CutBack(0);
    field_.set_limit(out.limit());
    write(shape, row, field_);
    if (!field_.overflowed()) return WriteCsvText(field_.view(), out);
    (void)out.Fits(out.limit() + 1);  // says so
  }

  const std::vector<Column>& columns_;
  Text field_{0};
};

}  // namespace

std::unique_ptr<Encoder> MakeEncoder(Format format, const std::vector<Column>& columns, const std::vector<Shape>& shapes) {
  switch (format) {
    case Format::kJsonRows: return std::make_unique<JsonRowsEncoder>(shapes);
    case Format::kNdjson: return std::make_unique<NdjsonEncoder>(columns, shapes);
    case Format::kCsv: return std::make_unique<CsvEncoder>(columns, shapes);
    case Format::kArrowStream: return MakeArrowEncoder(columns, shapes);
    default: return nullptr;
  }
}

}  // namespace lakehouse::engine
