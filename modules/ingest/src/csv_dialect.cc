#include "csv_dialect.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kSampleBytes = 256u << 10;

class SampleReader final : public ByteReader {
 public:
  explicit SampleReader(std::string_view text) : text_(text) {}
  Result<std::size_t> Read(char* out, std::size_t capacity) override {
    const std::size_t count = std::min(capacity, text_.size());
    std::memcpy(out, text_.data(), count);
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
};

struct Shape {
  std::vector<std::size_t> widths;
  std::vector<bool> after_blank;
  std::size_t common = 1;  // width that most records have
  double even = 0;         // share of records that have it
};

Shape ShapeOf(std::string_view sample, bool whole, const CsvDialect& dialect) {
  Shape shape;
  SampleReader source(sample);
  RecordReader reader(source, dialect);
  CsvRecord record;
  for (;;) {
    const auto more = reader.Next(record);
    if (!more || !*more) break;
    shape.widths.push_back(record.fields.size());
    shape.after_blank.push_back(record.after_blank);
  }
  if (!whole && shape.widths.size() > 1) shape.widths.pop_back();  // the sample cuts the last one
  std::map<std::size_t, std::size_t> counts;
  for (const std::size_t width : shape.widths) ++counts[width];
  std::size_t most = 0;
  for (const auto& [width, count] : counts)
    if (count > most || (count == most && width > shape.common)) most = count, shape.common = width;
  if (!shape.widths.empty()) shape.even = static_cast<double>(most) / static_cast<double>(shape.widths.size());
  return shape;
}

std::int64_t PreambleOf(const Shape& shape) {
  if (shape.common < 2) return 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(shape.widths.size(), 50); ++i)
    if (shape.widths[i] == shape.common) return i > 0 && shape.after_blank[i] ? static_cast<std::int64_t>(i) : 0;
  return 0;
}

}  // namespace

Result<CsvGuess> GuessDialect(const std::string& path, bool tabs) {
  const std::string sample = LH_TRY(ReadFileRange(path, 0, kSampleBytes));
  const bool whole = sample.size() < kSampleBytes;
  CsvGuess best;
  Shape best_shape;
  double best_score = 0;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const CsvDialect dialect{delimiter, false};
    const Shape shape = ShapeOf(sample, whole, dialect);
    if (shape.common < 2) continue;
    // Evenness first; more cells count a little, so that "1,5;2,5" goes by its semicolons only when these are as even.
    double score = shape.even + std::min(0.05, 0.002 * static_cast<double>(shape.common));
    if (tabs && delimiter == '\t') score += 1;
    if (score > best_score + 1e-9) best_score = score, best.dialect = dialect, best_shape = shape;
  }
  if (best_score == 0) {
    if (tabs) best.dialect.delimiter = '\t';
    return best;
  }
  if (best_shape.even < 1 && sample.find("\\\"") != std::string::npos) {
    const CsvDialect escaped{best.dialect.delimiter, true};
    const Shape shape = ShapeOf(sample, whole, escaped);
    if (shape.common >= 2 && shape.even > best_shape.even) best.dialect = escaped, best_shape = shape;
  }
  best.preamble_records = PreambleOf(best_shape);
  return best;
}

}  // namespace lakehouse::ingest
