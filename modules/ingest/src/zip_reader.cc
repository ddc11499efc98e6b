#include "zip_reader.h"

#include <unzip.h>

#include <functional>

#include "column_names.h"
#include "lakehouse/base/file.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kAtOnce = std::size_t{1} << 16;

Error BadZip(const std::string& what) { return Error(ErrorCode::kUnprocessable, "the ZIP file " + what).Named("bad_zip"); }

}  // namespace

struct ZipReader::State {
  unzFile file = nullptr;
  ZipLimits limits;
  std::int64_t packed_bytes = 0, read_bytes = 0, entries = 0;
  bool started = false;
  std::string member;

  ~State() {
    if (file != nullptr) unzClose(file);
  }

  Status Count(std::int64_t more) {
    read_bytes += more;
    const bool is_bomb =
        read_bytes > limits.max_bytes || (read_bytes > limits.ratio_free_bytes && read_bytes / limits.ratio > packed_bytes);
    if (!is_bomb) return Ok{};
    return Error(ErrorCode::kUnprocessable, "the ZIP file of " + std::to_string(packed_bytes) + " bytes holds more than " +
                                                std::to_string(read_bytes) + ": refused as a decompression bomb")
        .Named("decompression_bomb");
  }

  Status ReadMember(const std::function<Status(std::string_view)>& take) {
    const int opened = unzOpenCurrentFile(file);
    if (opened != UNZ_OK)
      return opened == UNZ_BADZIPFILE
                 ? BadZip("is damaged at " + member)
                 : Error(ErrorCode::kUnprocessable, "member " + member + " of the ZIP file is packed in a way that is not taken")
                       .Named("unsupported_codec");
    std::string buffer(kAtOnce, '\0');
    Status done = Ok{};
    for (;;) {
      const int got = unzReadCurrentFile(file, buffer.data(), static_cast<unsigned>(buffer.size()));
      if (got < 0) done = BadZip("is damaged in " + member);
      if (got <= 0) break;
      done = Count(got);
      if (done) done = take(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
      if (!done) break;
    }
    if (unzCloseCurrentFile(file) == UNZ_CRCERROR && done) return BadZip("has another checksum than what lies in " + member);
    return done;
  }
};

ZipReader::ZipReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader::~ZipReader() = default;

Result<ZipReader> ZipReader::Open(const std::string& path, const ZipLimits& limits) {
  auto state = std::make_unique<State>();
  state->limits = limits;
  state->packed_bytes = static_cast<std::int64_t>(LH_TRY(FileSize(path)));
  state->file = unzOpen64(path.c_str());
  unz_global_info64 facts{};
  if (state->file == nullptr &&
      LH_TRY(ReadFileRange(path, 0, 4)) == "PK\x05\x06")  // its directory stands at 0, where minizip looks for none
    return Error(ErrorCode::kUnprocessable, "the ZIP file holds no files").Named("empty_file");
  if (state->file == nullptr || unzGetGlobalInfo64(state->file, &facts) != UNZ_OK)
    return BadZip("has no directory at its end: it is damaged or cut short");
  if (facts.number_entry > static_cast<std::uint64_t>(limits.max_entries))
    return Error(ErrorCode::kUnprocessable, "the ZIP file says it has " + std::to_string(facts.number_entry) + " members, at most " +
                                                std::to_string(limits.max_entries) + " are taken: send it in parts")
        .Named("too_many_files");
  return ZipReader(std::move(state));
}

Result<std::optional<ZipReader::Entry>> ZipReader::Next() {
  const int moved = state_->started ? unzGoToNextFile(state_->file) : unzGoToFirstFile(state_->file);
  if (moved == UNZ_END_OF_LIST_OF_FILE || ++state_->entries > state_->limits.max_entries) return std::optional<Entry>();
  state_->started = true;
  unz_file_info64 info{};
  char name[1024] = {};
  if (moved != UNZ_OK || unzGetCurrentFileInfo64(state_->file, &info, name, sizeof name - 1, nullptr, 0, nullptr, 0) != UNZ_OK)
    return BadZip("has a damaged directory");
  state_->member = CleanText(name, 200);
  return std::optional(Entry{name, static_cast<std::int64_t>(info.uncompressed_size), (info.flag & 1) != 0});
}

Status ZipReader::CopyTo(int fd, const std::string& path) {
  return state_->ReadMember([&](std::string_view piece) { return WriteAll(fd, piece, path); });
}

bool ZipReader::Has(const std::string& name) { return unzLocateFile(state_->file, name.c_str(), 1) == UNZ_OK; }

Result<std::string> ZipReader::Read(const std::string& name, std::int64_t max_bytes) {
  std::string text;
  if (!Has(name)) return text;
  state_->member = name;
  LH_TRY(state_->ReadMember([&](std::string_view piece) -> Status {
    if (static_cast<std::int64_t>(text.size() + piece.size()) > max_bytes)
      return Error(ErrorCode::kUnprocessable, name + " is larger than " + std::to_string(max_bytes) + " bytes").Named("document_too_large");
    text += piece;
    return Ok{};
  }));
  return text;
}

}  // namespace lakehouse::ingest
