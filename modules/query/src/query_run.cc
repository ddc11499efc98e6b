#include "query_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace lakehouse::query {
namespace {

constexpr std::size_t kReadAheadBytes = 256u << 10;

QuerySummary SummaryOf(const engine::RunSummary& run) {
  QuerySummary summary;
  summary.rows = static_cast<std::int64_t>(run.rows);
  if (run.truncated == engine::Truncated::kRows) summary.truncated = "rows";
  if (run.truncated == engine::Truncated::kBytes) summary.truncated = "bytes";
  return summary;
}

}  // namespace

/// Whether a statement that read native files may have failed because of them: not when it is the caller's doing, or a limit's.
bool MayBeOfTheCache(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kCancelled:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kTooLarge: return false;
    default: return true;
  }
}

QueryAccount::QueryAccount(QueryRing::Entry entry, Meters meters, const Clock& clock, std::int64_t budget_ms,
                           std::function<void(const Error&)> report)
    : entry_(std::move(entry)),
      meters_(meters),
      clock_(clock),
      budget_ms_(budget_ms),
      report_(std::move(report)),
      started_ns_(clock.SteadyNanos()) {
  meters_.active.Add(1);
}

QueryAccount::~QueryAccount() {
  if (!closed_) {
    meters_.dropped.Add();
    Close("dropped", "the reader of the result left before its end", 0, 0);
  }
  meters_.active.Add(-1);
}

Context QueryAccount::Bound(const Context& context) const {
  Context bound = context;
  const std::int64_t left_ms = std::max<std::int64_t>(0, budget_ms_ - spent_ns_ / 1'000'000);
  bound.deadline = context.deadline.Or(Deadline::After(left_ms));
  return bound;
}

void QueryAccount::WatchMemory(sandbox::Worker& worker, std::int64_t most_bytes) {
  if (memory_exceeded_ || worker.PrivateBytes() <= static_cast<std::uint64_t>(most_bytes)) return;
  memory_exceeded_ = most_bytes;
  (void)worker.Kill();
}

Error QueryAccount::InWords(Error error) const {
  if (memory_exceeded_)
    return Error(ErrorCode::kResourceExhausted, "the statement was stopped: it held more than the " +
                                                    std::to_string(*memory_exceeded_ >> 20) +
                                                    " MiB that the profile gives it. Narrow it, or read less at once")
        .Named("out_of_memory");
  if (error.code() != ErrorCode::kDeadlineExceeded) return error;
  const auto seconds = [](std::int64_t tenths) { return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s"; };
  Error late(ErrorCode::kDeadlineExceeded,
             "the statement was stopped after " + seconds((clock_.SteadyNanos() - started_ns_) / 100'000'000) + ": it may work for " +
                 seconds(budget_ms_ / 100) +
                 ", and for no longer than the request asks (X-Lakehouse-Timeout-Ms). Narrow it, or give it time");
  for (const std::string& note : error.notes()) late = std::move(late).While(note);
  return late;
}

void QueryAccount::PinnedAt(std::int64_t sequence) {
  entry_.Update([&](QueryRecord& record) { record.sequence = sequence; });
}

void QueryAccount::Succeeded(const QuerySummary& summary, std::int64_t bytes) {
  meters_.succeeded.Add();
  Close(summary.truncated.empty() ? "ok" : "truncated", "", summary.rows, bytes);
}

void QueryAccount::Failed(const Error& error) {
  (error.code() == ErrorCode::kPermissionDenied ? meters_.refused : meters_.failed).Add();
  Close(error.reason(), error.message(), 0, 0);
  report_(error);
}

void QueryAccount::Close(std::string_view outcome, std::string_view message, std::int64_t rows, std::int64_t bytes) {
  closed_ = true;
  const std::int64_t duration_ns = clock_.SteadyNanos() - started_ns_;
  meters_.seconds.Observe(static_cast<double>(duration_ns) / 1e9);
  entry_.Update([&](QueryRecord& record) {
    record.duration_micros = duration_ns / 1000;
    record.outcome = outcome;
    record.message = message;
    record.rows = rows;
    record.bytes = bytes;
  });
}

LocalResult::LocalResult(std::unique_ptr<QueryAccount> account, QueryAttempt attempt, QueryHeader header)
    : account_(std::move(account)),
      lease_(std::move(attempt.lease)),
      session_(std::move(attempt.session)),
      stream_(std::move(attempt.stream)),
      header_(std::move(header)),
      own_links_(std::move(attempt.own_links)) {}

LocalResult::~LocalResult() {
  if (drainer_ != nullptr) drainer_->Remove(*this);
  End();
}

void LocalResult::DrainBy(ResultDrainer& drainer, Spool spool) {
  if (!stream_ || spool.directory.empty()) return;
  spool_options_ = std::move(spool);
  last_asked_ns_ = SystemClock().SteadyNanos();
  has_stream_ = true;
  drainer_ = &drainer;
  drainer.Add(*this);
}

bool LocalResult::LagsFor(std::int64_t lag_ms) {
  return has_stream_ && !is_wanted_ && SystemClock().SteadyNanos() - last_asked_ns_ > lag_ms * 1'000'000;
}

/// The reader may come back at any moment: then it goes on with what is in the file, and with the worker after that.
void LocalResult::Drain(std::stop_token stop) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  Context context;
  context.trace = header_.query_id;
  context.cancel = std::move(stop);
  while (stream_ && !is_wanted_ && !context.cancel.stop_requested() && spool_written_ < spool_options_.max_bytes) {
    const auto octets = Pull(context);
    if (!octets || !*octets) break;
    if (Status written = AppendToSpool(**octets); !written) {
      failed_ = std::move(written).TakeError().While("spool a result whose reader lags");
      account_->Failed(*failed_);
      End();
    }
  }
  // Full: whoever wants a worker waits for this reader after all. It is not tried again before the reader has come.
  last_asked_ns_ = SystemClock().SteadyNanos();
}

Status LocalResult::AppendToSpool(std::string_view octets) {
  if (!spool_) {
    spool_ = UniqueFd(open(spool_options_.directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!spool_) return Error(ErrorCode::kUnavailable, "open a file in " + spool_options_.directory + ": " + std::strerror(errno));
  }
  while (!octets.empty()) {
    const ssize_t written = pwrite(spool_.get(), octets.data(), octets.size(), spool_written_);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error(ErrorCode::kUnavailable, std::string("write: ") + std::strerror(errno)).Named("disk_full");
    spool_written_ += written;
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok{};
}

Result<std::optional<std::string>> LocalResult::ReadSpool() {
  std::string octets(std::min<std::size_t>(kReadAheadBytes, static_cast<std::size_t>(spool_written_ - spool_read_)), '\0');
  ssize_t got = -1;
  do got = pread(spool_.get(), octets.data(), octets.size(), spool_read_);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return Error(ErrorCode::kUnavailable, std::string("read the spooled rest of a result: ") + std::strerror(errno));
  octets.resize(static_cast<std::size_t>(got));
  spool_read_ += got;
  if (spool_read_ == spool_written_ && ftruncate(spool_.get(), 0) == 0) spool_read_ = spool_written_ = 0;
  return std::optional(std::move(octets));
}

/// In the order in which they rest on each other. Interrupts the statement when it still runs.
void LocalResult::End() {
  has_stream_ = false;
  ReleaseWorker();
}

void LocalResult::ReleaseWorker() {
  stream_.reset();
  session_.reset();
  if (lease_)
    for (const std::string& path : own_links_) lease_->worker().Unlink(path);
  lease_.reset();
}

Result<std::optional<std::string>> LocalResult::Pull(const Context& context) {
  if (failed_) return *failed_;
  if (!stream_) return std::optional<std::string>();
  const QueryAccount::Spending spending(*account_);
  auto octets = stream_->Next(account_->Bound(context));
  if (!octets && other_way_ && MayBeOfTheCache(octets.error())) octets = RunAgain(account_->Bound(context), Error(octets.error()));
  if (!octets) {
    failed_ = account_->InWords(std::move(octets).TakeError()).While("run query " + header_.query_id);
    account_->Failed(*failed_);
    End();
    return *failed_;
  }
  if (*octets) {
    if (other_way_) {
      pulled_.Add(**octets);
      pulled_bytes_ += (*octets)->size();
    }
    return octets;
  }
  summary_ = SummaryOf(stream_->summary());
  account_->Succeeded(summary_, static_cast<std::int64_t>(stream_->summary().bytes));
  End();
  return octets;
}

/// The octets after those that were pulled already.
Result<std::optional<std::string>> LocalResult::RunAgain(const Context& context, const Error& why) {
  const AnotherWay other = std::exchange(other_way_, nullptr);
  lease_->MarkUnhealthy();  // it has the files open
  ReleaseWorker();
  QueryAttempt again = LH_TRY(other(context, why));
  lease_.emplace(std::move(again.lease));
  session_ = std::move(again.session);
  stream_ = std::move(again.stream);
  own_links_ = std::move(again.own_links);
  Sha256 same;
  std::optional<std::string> octets(std::in_place);
  for (std::uint64_t left = pulled_bytes_; left > 0;) {
    octets = LH_TRY(stream_->Next(context));
    if (!octets) break;
    const std::size_t old = static_cast<std::size_t>(std::min<std::uint64_t>(left, octets->size()));
    same.Add(std::string_view(*octets).substr(0, old));
    octets->erase(0, old);
    left -= old;
    if (left == 0 && same.FinishHex() == pulled_.FinishHex()) return octets;
  }
  if (pulled_bytes_ == 0) return stream_->Next(context);
  return Error(ErrorCode::kUnavailable,
               "a cached file was damaged while the result was on its way, and its rows came in another order the "
               "second time: ask again")
      .Named("result_broken_off");
}

/// While the reader is here.
class LocalResult::Here {
 public:
  explicit Here(LocalResult& result) : result_(result) {}
  ~Here() {
    result_.last_asked_ns_ = SystemClock().SteadyNanos();
    result_.is_wanted_ = false;
  }
  Here(const Here&) = delete;

 private:
  LocalResult& result_;
};

Status LocalResult::ReadAhead(const Context& context) {
  while (ahead_.size() < kReadAheadBytes) {
    const auto octets = LH_TRY(Pull(context));
    if (!octets) break;
    ahead_ += *octets;
  }
  return Ok{};
}

Result<std::optional<std::string>> LocalResult::Next(const Context& context) {
  is_wanted_ = true;
  std::unique_lock lock(mutex_, std::defer_lock);
  while (!lock.try_lock_for(std::chrono::milliseconds(50))) {
    Status wanted = context.Check();
    if (!wanted) {
      is_wanted_ = false;
      return std::move(wanted).TakeError();
    }
  }
  const Here here(*this);
  if (spool_read_ < spool_written_) return ReadSpool();
  if (!ahead_.empty()) return std::optional<std::string>(std::exchange(ahead_, {}));
  while (true) {
    auto octets = LH_TRY(Pull(context));
    if (!octets || !octets->empty()) return octets;
  }
}

}  // namespace lakehouse::query
