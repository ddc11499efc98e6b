#include "derived_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/random.h"

namespace lakehouse::query {
namespace {

constexpr std::size_t kHexDigest = 64;
constexpr std::size_t kUnique = 8;

}  // namespace

std::optional<DerivedName> ReadDerivedName(std::string_view file_name, std::string_view suffix) {
  if (file_name.size() != 2 * (kHexDigest + 1) + kUnique + suffix.size() || file_name[kHexDigest] != '.' ||
      file_name[2 * kHexDigest + 1] != '.' || !file_name.ends_with(suffix))
    return std::nullopt;
  return DerivedName{std::string(file_name.substr(0, kHexDigest)), std::string(file_name.substr(kHexDigest + 1, kHexDigest))};
}

std::optional<FileStamp> StampOf(const std::string& path) {
  struct stat facts;
  if (lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  return FileStamp{facts.st_ino, facts.st_size, facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

Result<std::string> PublishDerived(const std::string& made, const std::string& id, std::string_view suffix) {
  chmod(made.c_str(), 0444);
  const auto sha256 = Sha256HexOfFile(made);
  if (!sha256) {
    unlink(made.c_str());
    return sha256.error();
  }
  const std::string directory = made.substr(0, made.rfind('/') + 1);
  const std::string path = directory + id + "." + *sha256 + "." + SystemRandom().Hex(kUnique / 2) + std::string(suffix);
  std::error_code failed;
  std::filesystem::rename(made, path, failed);
  if (!failed) return path;
  unlink(made.c_str());
  return Error(ErrorCode::kUnavailable, "rename " + made + ": " + failed.message());
}

std::string IdOfDerived(std::initializer_list<std::string_view> made_how, const catalog::ResolvedTable& table) {
  Sha256 sum;
  const auto add = [&](std::string_view text) {
    sum.Add(std::to_string(text.size()) + ":");
    sum.Add(text);
  };
  for (const std::string_view text : made_how) add(text);
  for (const catalog::Column& column : table.snapshot.schema.columns) {
    add(column.name);
    add(column.type);
  }
  for (const catalog::DataFile& file : table.files) {
    add(file.key);
    add(file.sha256);
  }
  return sum.FinishHex();
}

Result<DamagedFiles> FindDamaged(const std::string& directory, std::string_view suffix,
                                 const std::function<Status(std::int64_t bytes)>& spend) {
  DamagedFiles damaged;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const auto said = ReadDerivedName(entry.path().filename().string(), suffix);
    const auto stamp = said ? StampOf(entry.path().string()) : std::nullopt;
    if (!stamp) continue;
    const auto sha256 = Sha256HexOfFile(entry.path().string());
    LH_TRY(spend(stamp->size));
    if (StampOf(entry.path().string()) && (!sha256 || *sha256 != said->sha256)) damaged.push_back(entry.path().string());
  }
  return damaged;
}

}  // namespace lakehouse::query
