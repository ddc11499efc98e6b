#include "lakehouse/base/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "lakehouse/base/file.h"
#include "lakehouse/base/random.h"

namespace lakehouse {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The content of a file that nobody else may read.
Result<Secret> ReadPrivateFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FileError("open", path, errno);
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return FileError("stat", path, errno);
  if ((status.st_mode & 0177) != 0) {
    return Error(ErrorCode::kPermissionDenied, path + " may be used by others; run: chmod 600 " + path).Named("secret_not_private");
  }
  // Reserved in one piece, so that growing leaves no copies behind. One octet more shows the end of the file.
  std::string octets;
  octets.resize(static_cast<std::size_t>(status.st_size) + 1);
  std::size_t size = 0;
  while (size < octets.size()) {
    const ssize_t got = read(fd.get(), octets.data() + size, octets.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  octets.resize(size);
  return Secret(std::move(octets));
}

class EnvironmentSecrets final : public SecretsProvider {
 public:
  Result<std::optional<Secret>> Find(std::string_view name) override {
    std::string variable = "LAKEHOUSE_SECRET_";
    for (const char c : name) {
      const bool is_lower = c >= 'a' && c <= 'z';
      const bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      variable += is_lower ? static_cast<char>(c - 'a' + 'A') : is_kept ? c : '_';
    }
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) return std::optional<Secret>();
    return std::optional<Secret>(Secret(value));
  }
};

class FileSecrets final : public SecretsProvider {
 public:
  explicit FileSecrets(std::string path) : path_(std::move(path)) {}

  Result<std::optional<Secret>> Find(std::string_view name) override {
    const Secret file = LH_TRY_WHILE(ReadPrivateFile(path_), "look for secret " + std::string(name));
    std::string_view rest = file.Reveal();
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = Trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.empty() || line.front() == '#') continue;
      const std::size_t equals = line.find('=');
      if (equals == line.npos) {  // names the line, not what stands in it
        return Error(ErrorCode::kInvalidArgument, path_ + ":" + std::to_string(number) + ": expected name = value");
      }
      if (Trimmed(line.substr(0, equals)) == name) return std::optional<Secret>(Secret(std::string(Trimmed(line.substr(equals + 1)))));
    }
    return std::optional<Secret>();
  }

 private:
  std::string path_;
};

/// Gives `path` this content unless it exists already, in which case nothing changes.
Status CreateKeyFile(const std::string& path, const Secret& key) {
  const std::string temporary = path + ".tmp-" + SystemRandom().Hex(8);
  LH_TRY(ReplaceFile(temporary, key.Reveal() + "\n", 0600));
  const int linked = link(temporary.c_str(), path.c_str());
  const int error = errno;
  unlink(temporary.c_str());
  if (linked != 0 && error != EEXIST) return FileError("link", path, error);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return SyncDirectory(parent.empty() ? "." : parent);
}

}  // namespace

Secret::~Secret() {
  text_.resize(text_.capacity());  // never moves: what lies behind the end is wiped too
  explicit_bzero(text_.data(), text_.size());
}

std::unique_ptr<SecretsProvider> OpenEnvironmentSecrets() { return std::make_unique<EnvironmentSecrets>(); }
std::unique_ptr<SecretsProvider> OpenFileSecrets(std::string path) { return std::make_unique<FileSecrets>(std::move(path)); }

Result<Secret> LoadOrCreateKey(const std::string& path, std::size_t octets) {
  for (;;) {
    const auto file = ReadPrivateFile(path);
    if (file) {
      Secret key{std::string(Trimmed(file->Reveal()))};
      if (key.Reveal().size() < octets) {
        return Error(ErrorCode::kCorruption, "key file " + path + ": has " + std::to_string(key.Reveal().size()) +
                                                 " characters, expected at least " + std::to_string(octets) +
                                                 "; delete it to get a new key");
      }
      return key;
    }
    if (file.error().code() != ErrorCode::kNotFound) return file.error();
    LH_TRY_WHILE(CreateKeyFile(path, Secret(SystemRandom().Hex(octets))), "create key file " + path);
  }
}

}  // namespace lakehouse
