#include "paged_results.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lakehouse::query {
namespace {

Error DiskError(const std::string& doing) {
  const int failed = errno;
  Error error(ErrorCode::kUnavailable, doing + " the rows of a paged result: " + std::strerror(failed));
  return failed == ENOSPC || failed == EDQUOT ? std::move(error).Named("disk_full") : error;
}

Status WriteRows(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return DiskError("write");
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok{};
}

}  // namespace

void RowScanner::Scan(std::string_view piece, std::vector<std::uint64_t>& ends) {
  for (const char c : piece) {
    ++offset_;
    if (in_text_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_text_ = false;
    } else if (c == '"') {
      in_text_ = true;
    } else if (c == '[' || c == '{') {
      ++depth_;
    } else if (c == ']' || c == '}') {
      if (--depth_ == 0) ends.push_back(offset_);
    }
  }
}

Result<std::string> PagedResults::Kept::Rows(std::int64_t first, std::int64_t count) const {
  const std::int64_t rows = static_cast<std::int64_t>(ends.size());
  if (first >= rows || count <= 0) return std::string();
  const std::int64_t last = std::min(rows, first + count) - 1;
  const std::uint64_t begin = first == 0 ? 0 : ends[static_cast<std::size_t>(first) - 1] + 1;  // behind the comma
  std::string text(ends[static_cast<std::size_t>(last)] - begin, '\0');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t got = pread(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(begin + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return DiskError("read");
    done += static_cast<std::size_t>(got);
  }
  return text;
}

Result<std::string> PagedResults::SightOf(const Context& context) const {
  return options_.sight_of ? options_.sight_of(context) : Result<std::string>(std::string());
}

Result<std::shared_ptr<const PagedResults::Kept>> PagedResults::Run(const Context& context, const QueryRequest& request) {
  auto kept = std::make_shared<Kept>();
  kept->principal = context.principal;
  kept->sight = LH_TRY(SightOf(context));
  QueryRequest ask = request;
  ask.format = ResultFormat::kJsonRows;
  ask.max_rows = std::min(request.max_rows.value_or(options_.max_rows), options_.max_rows);
  const auto result = LH_TRY(query_.Run(context, ask));
  kept->file = UniqueFd(open(options_.directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!kept->file) return DiskError("make a file for");
  kept->header = result->header();
  RowScanner scanner;
  std::uint64_t bytes = 0;
  bool cut = false;
  while (!cut) {
    const auto octets = LH_TRY(result->Next(context));
    if (!octets) break;
    bytes += octets->size();
    LH_TRY(WriteRows(kept->file.get(), *octets));
    scanner.Scan(*octets, kept->ends);
    cut = bytes > options_.max_bytes;
  }
  if (cut) {
    kept->summary.truncated = "bytes";
  } else {
    kept->summary = result->summary();
  }
  kept->summary.rows = static_cast<std::int64_t>(kept->ends.size());
  Keep(kept);
  return std::shared_ptr<const Kept>(std::move(kept));
}

void PagedResults::Keep(std::shared_ptr<const Kept> kept) {
  const std::int64_t now = clock_.WallMicros();
  const std::string principal = kept->principal;
  const std::scoped_lock lock(mutex_);
  entries_.push_front({std::move(kept), now});
  std::erase_if(entries_, [&](const Entry& entry) { return now - entry.used_micros > options_.keep_micros; });
  std::size_t own = 0;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.kept->principal == principal && ++own > options_.results_of_one; });
  while (entries_.size() > options_.results) entries_.pop_back();
}

Result<std::shared_ptr<const PagedResults::Kept>> PagedResults::Find(const Context& context, std::string_view id) {
  const std::string sight = LH_TRY(SightOf(context));
  const std::int64_t now = clock_.WallMicros();
  const std::scoped_lock lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    const Kept& kept = *entry->kept;
    if (kept.header.query_id != id || kept.principal != context.principal || kept.sight != sight) continue;
    if (now - entry->used_micros > options_.keep_micros) break;
    entry->used_micros = now;
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->kept;
  }
  return Error(ErrorCode::kNotFound, "this result is not kept any more; run the statement again").Named("result_gone");
}

}  // namespace lakehouse::query
