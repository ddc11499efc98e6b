#include "query_run.h"

#include <algorithm>
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

Error QueryAccount::InTime(Error error) const {
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

LocalResult::LocalResult(std::unique_ptr<QueryAccount> account, sandbox::WorkerPool::Lease lease, std::unique_ptr<engine::Session> session,
                         std::unique_ptr<engine::ResultStream> stream, QueryHeader header)
    : account_(std::move(account)),
      lease_(std::move(lease)),
      session_(std::move(session)),
      stream_(std::move(stream)),
      header_(std::move(header)) {}

LocalResult::~LocalResult() { End(); }

/// In the order in which they rest on each other. Interrupts the statement when it still runs.
void LocalResult::End() {
  stream_.reset();
  session_.reset();
  lease_.reset();
}

Result<std::optional<std::string>> LocalResult::Pull(const Context& context) {
  if (failed_) return *failed_;
  if (!stream_) return std::optional<std::string>();
  const QueryAccount::Spending spending(*account_);
  auto octets = stream_->Next(account_->Bound(context));
  if (!octets) {
    failed_ = account_->InTime(std::move(octets).TakeError()).While("run query " + header_.query_id);
    account_->Failed(*failed_);
    End();
    return *failed_;
  }
  if (*octets) return octets;
  summary_ = SummaryOf(stream_->summary());
  account_->Succeeded(summary_, static_cast<std::int64_t>(stream_->summary().bytes));
  End();
  return octets;
}

Status LocalResult::ReadAhead(const Context& context) {
  while (ahead_.size() < kReadAheadBytes) {
    const auto octets = LH_TRY(Pull(context));
    if (!octets) break;
    ahead_ += *octets;
  }
  return Ok{};
}

Result<std::optional<std::string>> LocalResult::Next(const Context& context) {
  if (!ahead_.empty()) return std::optional<std::string>(std::exchange(ahead_, {}));
  while (true) {
    auto octets = LH_TRY(Pull(context));
    if (!octets || !octets->empty()) return octets;
  }
}

}  // namespace lakehouse::query
