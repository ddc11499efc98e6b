#include "lakehouse/terminal/line_history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "lakehouse/base/file.h"

namespace lakehouse::terminal {
namespace {

std::string Escaped(std::string_view entry) {
  std::string line;
  for (const char c : entry) line += c == '\n' ? std::string("\\n") : c == '\\' ? std::string("\\\\") : std::string(1, c);
  return line + "\n";
}

std::string Unescaped(std::string_view line) {
  std::string entry;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escape = line[i] == '\\' && i + 1 < line.size();
    entry += !escape ? line[i] : line[++i] == 'n' ? '\n' : line[i];
  }
  return entry;
}

}  // namespace

Result<LineHistory> LineHistory::Open(std::string path, Options options) {
  LineHistory history(std::move(options));
  const std::string directory = std::filesystem::path(path).parent_path().string();
  std::error_code failed;
  if (!std::filesystem::exists(directory, failed)) {
    LH_TRY(CreateDirectories(directory));
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  }
  const UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return FileError("open the history", path, errno);
  if (fchmod(file.get(), 0600) != 0) return FileError("chmod the history", path, errno);
  const std::string text = LH_TRY(ReadFile(path));
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string entry = Unescaped(std::string_view(text).substr(at, end - at));
    if (history.IsWanted(entry)) history.entries_.push_back(std::move(entry));
    at = end + 1;
  }
  auto& entries = history.entries_;
  if (entries.size() > history.options_.max_entries)
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(history.options_.max_entries));
  history.path_ = std::move(path);
  if (lines > entries.size()) {  // longer than it may be, or with lines that are not wanted
    std::string kept;
    for (const std::string& entry : entries) kept += Escaped(entry);
    LH_TRY(ReplaceFile(history.path_, kept, 0600));
  }
  return history;
}

bool LineHistory::IsWanted(std::string_view entry) const {
  if (entry.empty() || entry.front() == ' ' || entry.size() > options_.max_entry_bytes) return false;
  if (!options_.never.empty() && entry.find(options_.never.Reveal()) != std::string_view::npos) return false;
  return entries_.empty() || entries_.back() != entry;
}

Status LineHistory::Add(std::string_view entry) {
  if (!IsWanted(entry)) return Ok{};
  entries_.emplace_back(entry);
  if (entries_.size() > options_.max_entries) entries_.erase(entries_.begin());
  if (path_.empty()) return Ok{};
  // One write of one line: prompts that append at the same time do not mix.
  const UniqueFd file(open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return FileError("append to the history", path_, errno);
  return WriteAll(file.get(), Escaped(entry), path_);
}

}  // namespace lakehouse::terminal
