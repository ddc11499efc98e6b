#include "parquet_pages.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "compact_protocol.h"

namespace lakehouse::vector {
namespace {

constexpr std::string_view kParquetMagic = "PAR1";
constexpr std::int32_t kPlain = 0, kRle = 3, kDataPage = 0;
constexpr std::string_view kCreatedBy = "lakehouse";
constexpr std::size_t kMaxHeaderBytes = 256;

void WriteElement(CompactWriter& out, const ParquetElement& element) {
  out.OpenItem();
  if (element.type) out.Integer32(1, static_cast<std::int32_t>(*element.type));
  if (element.repetition) out.Integer32(3, static_cast<std::int32_t>(*element.repetition));
  out.Text(4, element.name);
  if (element.children > 0) out.Integer32(5, element.children);
  if (element.converted) out.Integer32(6, *element.converted);
  if (element.field_id > 0) out.Integer32(9, element.field_id);
  out.Close();
}

void WriteChunk(CompactWriter& out, const ParquetChunk& chunk) {
  out.OpenItem();
  out.Integer(2, chunk.offset);
  out.OpenStruct(3);
  out.Integer32(1, static_cast<std::int32_t>(chunk.type));
  out.Integers32(2, 2);
  out.IntegerItem(kPlain);
  out.IntegerItem(kRle);
  out.Texts(3, chunk.path.size());
  for (const std::string& name : chunk.path) out.TextItem(name);
  out.Integer32(4, 0);  // uncompressed
  out.Integer(5, chunk.values);
  out.Integer(6, chunk.bytes);
  out.Integer(7, chunk.bytes);
  out.Integer(9, chunk.offset);
  out.Close();
  out.Close();
}

ParquetChunk ReadChunk(CompactReader& in) {
  ParquetChunk chunk;
  in.Open();
  while (const int field = in.Next()) {
    if (field != 3) {
      in.Skip();
      continue;
    }
    in.Open();
    while (const int detail = in.Next()) {
      if (detail == 1) {
        chunk.type = static_cast<ParquetType>(in.Integer());
      } else if (detail == 3) {
        const std::size_t names = in.List();
        for (std::size_t i = 0; i < names && in.ok(); ++i) chunk.path.emplace_back(in.Text());
      } else if (detail == 5) {
        chunk.values = in.Integer();
      } else if (detail == 7) {
        chunk.bytes = in.Integer();
      } else if (detail == 9) {
        chunk.offset = in.Integer();
      } else {
        in.Skip();
      }
    }
  }
  return chunk;
}

ParquetGroup ReadGroup(CompactReader& in) {
  ParquetGroup group;
  in.Open();
  while (const int field = in.Next()) {
    if (field == 1) {
      const std::size_t chunks = in.List();
      for (std::size_t i = 0; i < chunks && in.ok(); ++i) group.chunks.push_back(ReadChunk(in));
    } else if (field == 3) {
      group.rows = in.Integer();
    } else {
      in.Skip();
    }
  }
  return group;
}

}  // namespace

Error DamagedParquet(const std::string& what) {
  return Error(ErrorCode::kCorruption, "embeddings: " + what + ". The file is not what was written; restore it from a copy")
      .Named("embeddings_damaged");
}

void AppendLevelRun(std::string& levels, std::uint64_t count, unsigned char level) {
  std::uint64_t header = count << 1;
  for (; header >= 0x80; header >>= 7) levels += static_cast<char>((header & 0x7f) | 0x80);
  levels += static_cast<char>(header);
  levels += static_cast<char>(level);
}

std::string WithLength(const std::string& levels) {
  const auto size = static_cast<std::uint32_t>(levels.size());
  std::string out(sizeof size, '\0');
  std::memcpy(out.data(), &size, sizeof size);
  return out + levels;
}

Result<ParquetFile> ParquetFile::Create(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return FileError("create", path, errno);
  ParquetFile file(path, std::move(fd));
  LH_TRY(file.Write(kParquetMagic));
  return file;
}

Status ParquetFile::Write(std::string_view octets) {
  LH_TRY(WriteAll(fd_.get(), octets, path_));
  sum_.Add(octets);
  offset_ += octets.size();
  return Ok{};
}

Status ParquetFile::WritePage(ParquetType type, std::vector<std::string> path, std::int64_t values, std::string_view levels,
                              std::string_view octets) {
  CompactWriter header;
  const auto page_bytes = static_cast<std::int32_t>(levels.size() + octets.size());
  header.OpenItem();
  header.Integer32(1, kDataPage);
  header.Integer32(2, page_bytes);
  header.Integer32(3, page_bytes);
  header.OpenStruct(5);
  header.Integer32(1, static_cast<std::int32_t>(values));
  header.Integer32(2, kPlain);
  header.Integer32(3, kRle);
  header.Integer32(4, kRle);
  header.Close();
  header.Close();
  const std::string head = std::move(header).Take();
  groups_.back().chunks.push_back(
      {type, std::move(path), values, static_cast<std::int64_t>(offset_), static_cast<std::int64_t>(head.size()) + page_bytes});
  LH_TRY(Write(head));
  LH_TRY(Write(levels));
  return Write(octets);
}

Status ParquetFile::Finish(const std::vector<ParquetElement>& schema) {
  std::int64_t rows = 0;
  for (const ParquetGroup& group : groups_) rows += group.rows;
  CompactWriter footer;
  footer.OpenItem();
  footer.Integer32(1, 1);
  footer.Structs(2, schema.size());
  for (const ParquetElement& element : schema) WriteElement(footer, element);
  footer.Integer(3, rows);
  footer.Structs(4, groups_.size());
  for (const ParquetGroup& group : groups_) {
    std::int64_t bytes = 0;
    for (const ParquetChunk& chunk : group.chunks) bytes += chunk.bytes;
    footer.OpenItem();
    footer.Structs(1, group.chunks.size());
    for (const ParquetChunk& chunk : group.chunks) WriteChunk(footer, chunk);
    footer.Integer(2, bytes);
    footer.Integer(3, group.rows);
    footer.Close();
  }
  footer.Text(6, kCreatedBy);
  footer.Close();
  const std::string octets = std::move(footer).Take();
  LH_TRY(Write(octets));
  const auto size = static_cast<std::uint32_t>(octets.size());
  LH_TRY(Write({reinterpret_cast<const char*>(&size), sizeof size}));
  LH_TRY(Write(kParquetMagic));
  return SyncFile(fd_.get(), path_);
}

Result<ParquetFooter> ReadFooter(std::string_view file) {
  constexpr std::size_t kEnds = 12;
  if (file.size() < kEnds || !file.starts_with(kParquetMagic) || !file.ends_with(kParquetMagic))
    return DamagedParquet("it is no Parquet file");
  std::uint32_t size = 0;
  std::memcpy(&size, file.data() + file.size() - 8, sizeof size);
  if (size > file.size() - kEnds) return DamagedParquet("its footer would begin before the file");
  CompactReader in(file.substr(file.size() - 8 - size, size));
  ParquetFooter footer;
  in.Open();
  while (const int field = in.Next()) {
    if (field == 3) {
      footer.rows = in.Integer();
    } else if (field == 4) {
      const std::size_t groups = in.List();
      for (std::size_t i = 0; i < groups && in.ok(); ++i) footer.groups.push_back(ReadGroup(in));
    } else {
      in.Skip();
    }
  }
  if (!in.ok()) return DamagedParquet("its footer cannot be read");
  return footer;
}

Result<std::string_view> ReadPage(std::string_view file, const ParquetChunk& chunk) {
  if (chunk.offset < 4 || chunk.bytes < 0 || static_cast<std::uint64_t>(chunk.offset) > file.size() ||
      static_cast<std::uint64_t>(chunk.bytes) > file.size() - static_cast<std::uint64_t>(chunk.offset))
    return DamagedParquet("a column lies outside the file");
  const std::string_view whole = file.substr(static_cast<std::size_t>(chunk.offset), static_cast<std::size_t>(chunk.bytes));
  CompactReader in(whole.substr(0, kMaxHeaderBytes));
  std::int64_t page_bytes = -1, values = -1;
  in.Open();
  while (const int field = in.Next()) {
    if (field == 3) {
      page_bytes = in.Integer();
    } else if (field == 5) {
      in.Open();
      while (const int detail = in.Next()) detail == 1 ? void(values = in.Integer()) : in.Skip();
    } else {
      in.Skip();
    }
  }
  if (!in.ok() || page_bytes < 0 || values != chunk.values || in.consumed() + static_cast<std::uint64_t>(page_bytes) != whole.size())
    return DamagedParquet("the header of a page does not fit its column");
  return whole.substr(in.consumed());
}

Result<std::string_view> TakeLevels(std::string_view& page) {
  std::uint32_t size = 0;
  if (page.size() < sizeof size) return DamagedParquet("a page without levels");
  std::memcpy(&size, page.data(), sizeof size);
  if (size > page.size() - sizeof size) return DamagedParquet("levels that leave their page");
  const std::string_view runs = page.substr(sizeof size, size);
  page.remove_prefix(sizeof size + size);
  return runs;
}

Result<std::vector<bool>> ReadLevels(std::string_view runs, std::size_t count) {
  std::vector<bool> levels;
  levels.reserve(count);
  while (!runs.empty()) {
    std::uint64_t header = 0;
    int shift = 0;
    while (!runs.empty() && shift < 63) {
      const auto octet = static_cast<unsigned char>(runs.front());
      runs.remove_prefix(1);
      header |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
      shift += 7;
      if ((octet & 0x80) == 0) break;
    }
    const std::uint64_t length = header >> 1;
    if ((header & 1) != 0 || runs.empty() || length > count - levels.size()) return DamagedParquet("levels of another kind than ours");
    levels.insert(levels.end(), length, runs.front() != 0);
    runs.remove_prefix(1);
  }
  if (levels.size() != count) return DamagedParquet("fewer levels than rows");
  return levels;
}

}  // namespace lakehouse::vector
