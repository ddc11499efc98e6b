#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/result.h"

/// As much of Parquet as embeddings need: flat and one-level list columns, plain, uncompressed, one page per column chunk.
namespace lakehouse::vector {

enum class ParquetType : std::int32_t { kInt64 = 2, kFloat = 4, kBytes = 6 };
enum class ParquetRepetition : std::int32_t { kRequired = 0, kOptional = 1, kRepeated = 2 };
constexpr std::int32_t kUtf8Type = 0, kListType = 3;

struct ParquetElement {
  std::string name;
  std::optional<ParquetType> type;  ///< absent: a group
  std::optional<ParquetRepetition> repetition;
  std::int32_t children = 0;
  std::optional<std::int32_t> converted;
  std::int32_t field_id = 0;
};
struct ParquetChunk {
  ParquetType type = ParquetType::kBytes;
  std::vector<std::string> path;
  std::int64_t values = 0;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;  ///< page header and page
};
struct ParquetGroup {
  std::int64_t rows = 0;
  std::vector<ParquetChunk> chunks;
};
struct ParquetFooter {
  std::int64_t rows = 0;
  std::vector<ParquetGroup> groups;
};

/// Appends to a new file, digesting on the way.
class ParquetFile {
 public:
  static Result<ParquetFile> Create(const std::string& path);
  void BeginGroup(std::int64_t rows) { groups_.push_back({rows, {}}); }
  /// `levels`: what stands before the values in the page.
  Status WritePage(ParquetType type, std::vector<std::string> path, std::int64_t values, std::string_view levels, std::string_view octets);
  /// Writes the footer and syncs.
  Status Finish(const std::vector<ParquetElement>& schema);
  std::int64_t size_bytes() const { return static_cast<std::int64_t>(offset_); }
  std::string TakeSha256() { return sum_.FinishHex(); }

 private:
  ParquetFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Status Write(std::string_view octets);

  std::string path_;
  UniqueFd fd_;
  Sha256 sum_;
  std::uint64_t offset_ = 0;
  std::vector<ParquetGroup> groups_;
};

/// One run of `count` equal levels, 0 or 1.
void AppendLevelRun(std::string& levels, std::uint64_t count, unsigned char level);
/// Levels with their length before them, as a page has them.
std::string WithLength(const std::string& levels);

/// kCorruption "embeddings_damaged" of both.
Result<ParquetFooter> ReadFooter(std::string_view file);
/// The page of a chunk, without its header.
Result<std::string_view> ReadPage(std::string_view file, const ParquetChunk& chunk);
/// Takes levels with their length off the front of a page; the octets of their runs.
Result<std::string_view> TakeLevels(std::string_view& page);
/// The levels of runs, `count` of them.
Result<std::vector<bool>> ReadLevels(std::string_view runs, std::size_t count);
Error DamagedParquet(const std::string& what);

}  // namespace lakehouse::vector
