#include "commit_writer.h"

#include <algorithm>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/base/uuid.h"

namespace lakehouse::catalog {
namespace {

constexpr std::size_t kMaxTransactionBytes = 1 << 20;
constexpr std::int64_t kDiscardTimeoutMs = 2'000;
constexpr std::string_view kOwnPrincipal = "system:catalog";

Error MissingObject(const PlannedObjects& objects, const DataFile& file, const std::string& found) {
  if (objects.is_restore)
    return Error(ErrorCode::kUnprocessable, "this version cannot be restored: its file " + file.key + " " + found).Named("files_gone");
  return Error(ErrorCode::kInvalidArgument, "file " + file.key + " " + found + "; upload it before the commit").Named("missing_object");
}

}  // namespace

/// A submission and how far it came.
struct CommitWriter::Item {
  const Submission* submission = nullptr;
  std::optional<Result<CommitResponse>> answer;  ///< set: decided
  std::optional<std::size_t> same_as;            ///< the item of this batch with the same idempotency key
  PlannedTransaction planned;
  std::string json;
  Transaction stored;  ///< decoded from `json`: what a reader of the log sees

  bool IsPlanned() const { return !answer && !same_as; }
};

std::vector<Result<CommitResponse>> CommitWriter::Commit(std::span<const SubmissionRef> batch) {
  std::vector<Item> items(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) items[i].submission = batch[i].get();
  if (auto settled = SettleUnsettled(); !settled) {
    for (Item& item : items) item.answer = settled.error();
  } else {
    const RecordHeader header = NextHeader(parts_.lake.AsWriter().head().epoch);
    do PlanAll(items, header);
    while (!WriteObjects(items));  // one that fails may have been the ground of others: they are decided again without it
    AppendAll(items, header);
  }
  std::vector<Result<CommitResponse>> answers;
  for (Item& item : items) {
    if (item.same_as) {
      answers.push_back(answers[*item.same_as]);
      if (answers.back()) answers.back()->replayed = true;
    } else {
      answers.push_back(std::move(*item.answer));
    }
  }
  return answers;
}

RecordHeader CommitWriter::NextHeader(std::int64_t epoch) const {
  const LogHead& head = parts_.lake.AsWriter().head();
  return {head.sequence + 1, head.sha256, epoch, std::max(parts_.clock.WallMicros(), head.time_micros + 1)};
}

Context CommitWriter::OwnContext() const {
  Context context;
  context.principal = kOwnPrincipal;
  context.deadline = Deadline::After(options_.append_timeout_ms);
  return context;
}

void CommitWriter::PlanAll(std::vector<Item>& items, const RecordHeader& header) {
  CommitPlanner planner({parts_.lake.AsWriter(), parts_.manifests, parts_.log, parts_.clock, parts_.random}, header);
  std::map<IdempotencyWindow::Digest, std::size_t> keys;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    item.same_as.reset();
    if (item.answer) continue;
    const Submission& submission = *item.submission;
    if (auto wanted = submission.context.Check(); !wanted) {
      item.answer = std::move(wanted).TakeError();
      continue;
    }
    if (const auto& idempotency = submission.request.idempotency) {
      item.answer = FindReplay(item);
      if (item.answer) continue;
      const auto [entry, is_new] = keys.try_emplace(IdempotencyWindow::KeyOf(submission.context.principal, idempotency->key), i);
      if (!is_new && items[entry->second].submission->request.idempotency->request_sha256 == idempotency->request_sha256) {
        item.same_as = entry->second;
        continue;
      }
      if (!is_new) {
        item.answer = Error(ErrorCode::kUnprocessable, "the idempotency key was used for another request").Named("idempotency_mismatch");
        continue;
      }
    }
    const bool is_overtaken = submission.must_follow && (*submission.must_follow + 1 != header.seq || i > 0);
    if (is_overtaken) {
      item.answer = Error(ErrorCode::kConflict, "another commit came before this one").Named("overtaken");
      continue;
    }
    auto planned = planner.Plan(submission.context, submission.request, submission.more);
    if (planned)
      item.planned = std::move(planned).Take();
    else
      item.answer = std::move(planned).TakeError();
  }
}

std::optional<Result<CommitResponse>> CommitWriter::FindReplay(const Item& item) {
  const Submission& submission = *item.submission;
  const Idempotency& idempotency = *submission.request.idempotency;
  const auto* entry = parts_.lake.AsWriter().idempotency().Find(IdempotencyWindow::KeyOf(submission.context.principal, idempotency.key));
  if (entry == nullptr) return std::nullopt;
  if (entry->request != IdempotencyWindow::RequestOf(idempotency.request_sha256))
    return Error(ErrorCode::kUnprocessable, "the idempotency key was used for another request").Named("idempotency_mismatch");
  const auto stored = parts_.log.Load(OwnContext(), entry->sequence);
  if (!stored) return stored.error();
  const auto index = static_cast<std::size_t>(entry->transaction);
  if (index >= stored->record.txns.size())
    return Error(ErrorCode::kCorruption, "record " + std::to_string(entry->sequence) + " has no transaction " + std::to_string(index));
  CommitResponse response = ResponseOf(stored->record.header, stored->record.txns[index]);
  response.replayed = true;
  return response;
}

bool CommitWriter::WriteObjects(std::vector<Item>& items) {
  std::vector<Item*> work;
  for (Item& item : items)
    if (item.IsPlanned()) work.push_back(&item);
  std::vector<Status> results(work.size(), Ok{});
  std::atomic<std::size_t> next = 0;
  const auto run = [&](std::stop_token) {
    for (std::size_t i = next++; i < work.size(); i = next++) results[i] = WriteObjectsOf(*work[i]);
  };
  {
    TaskGroup helpers;
    for (std::size_t i = 1; i < std::min(work.size(), options_.threads); ++i) helpers.Start("manifest", run);
    run({});
  }
  bool all_written = true;
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (results[i]) continue;
    work[i]->answer = std::move(results[i]).TakeError();
    all_written = false;
  }
  if (!all_written) DiscardObjects(work);  // those that are decided again get other keys
  return all_written;
}

void CommitWriter::DiscardObjects(std::span<Item* const> items) {
  Context context = OwnContext();
  context.deadline = Deadline::After(kDiscardTimeoutMs);
  for (const Item* item : items)
    for (const PlannedObjects& objects : item->planned.objects)
      if (!objects.manifest_key.empty() && !parts_.store.Delete(context, objects.manifest_key)) return;
}

Status CommitWriter::WriteObjectsOf(Item& item) {
  const Context context = OwnContext();
  for (const PlannedObjects& objects : item.planned.objects) {
    for (const DataFile& file : objects.must_exist) {
      const auto info = parts_.store.Head(context, file.key);
      if (!info && info.error().code() == ErrorCode::kNotFound) return MissingObject(objects, file, "is not in the store");
      if (!info) return info.error();
      if (static_cast<std::int64_t>(info->size_bytes) != file.size_bytes)
        return MissingObject(objects, file,
                             "has " + std::to_string(info->size_bytes) + " bytes in the store, not " + std::to_string(file.size_bytes));
    }
    if (objects.manifest_key.empty()) continue;
    item.planned.transaction.changes[objects.change].snapshot->manifest =
        LH_TRY(parts_.manifests.Write(context, objects.manifest_key, objects.files));
  }
  item.json = LH_TRY(EncodeTransaction(item.planned.transaction));
  if (item.json.size() > kMaxTransactionBytes)
    return Error(ErrorCode::kTooLarge,
                 "the commit takes " + std::to_string(item.json.size()) + " bytes of the log; 1 MiB is the most. Split it.");
  item.stored = LH_TRY(DecodeTransaction(item.json));
  return Ok{};
}

void CommitWriter::AppendAll(std::vector<Item>& items, const RecordHeader& header) {
  CommitRecord record;
  record.header = header;
  std::vector<std::string> transactions;
  std::vector<Item*> recorded;
  for (Item& item : items) {
    if (!item.IsPlanned()) continue;
    transactions.push_back(std::move(item.json));
    record.txns.push_back(item.stored);
    recorded.push_back(&item);
  }
  if (transactions.empty()) return;
  std::string octets = AssembleRecord(header, transactions);
  const auto answer_all = [&](const auto& answer_of) {
    for (Item* item : recorded) item->answer = answer_of(*item);
  };
  auto prepared = parts_.lake.AsWriter().Prepare(std::move(record), Sha256Hex(octets));
  if (!prepared) {
    const Error bug(ErrorCode::kInternal, "the commit would contradict the log: " + prepared.error().message());
    return answer_all([&](const Item&) { return Result<CommitResponse>(bug); });
  }
  const auto appended = AppendPrepared({std::move(prepared).Take(), std::move(octets)}, false);
  if (!appended) {
    // Of a full disk alone it is certain, whatever the store is, that the record is not on its way.
    if (!unsettled_ && appended.error().reason() == "disk_full") DiscardObjects(recorded);
    return answer_all([&](const Item&) { return Result<CommitResponse>(appended.error()); });
  }
  if (!*appended) {
    const Error fenced = Fence("record " + std::to_string(header.seq) + " was written by another writer");
    return answer_all([&](const Item&) { return Result<CommitResponse>(fenced); });
  }
  answer_all([&](const Item& item) { return Result<CommitResponse>(ResponseOf(header, item.stored)); });
}

Result<bool> CommitWriter::AppendPrepared(Unsettled record, bool may_exist) {
  const auto outcome = parts_.log.Append(OwnContext(), record.prepared.record.header.seq, record.octets);
  if (!outcome) {
    if (may_exist || outcome.error().code() == ErrorCode::kOutcomeUnknown) unsettled_ = std::move(record);
    return outcome.error();
  }
  if (*outcome == CommitLog::Outcome::kLost) return false;
  appended_bytes_ += static_cast<std::int64_t>(record.octets.size());
  parts_.lake.Write([&](LakeState& state) { state.Accept(std::move(record.prepared)); });
  return true;
}

Status CommitWriter::SettleUnsettled() {
  if (is_fenced_) return Error(ErrorCode::kUnavailable, "another writer has taken over this lake; send commits there").Named("fenced");
  if (!unsettled_) return Ok{};
  Unsettled record = std::move(*unsettled_);
  unsettled_.reset();
  const std::int64_t sequence = record.prepared.record.header.seq;
  const auto appended = AppendPrepared(std::move(record), true);
  if (!appended)
    return Error(ErrorCode::kUnavailable, "an earlier commit is not settled yet: " + appended.error().message()).Named("unsettled");
  if (!*appended) return Fence("record " + std::to_string(sequence) + " was written by another writer");
  return Ok{};
}

Error CommitWriter::Fence(const std::string& why) {
  is_fenced_ = true;
  fenced_(why);
  return Error(ErrorCode::kUnavailable,
               "another writer has taken over this lake: " + why + ". Nothing was committed; send it to that writer.")
      .Named("fenced");
}

Result<bool> CommitWriter::BeginEpoch(const Context& context, const std::string& lake_id, const std::string& writer) {
  CommitRecord record;
  record.header = NextHeader(parts_.lake.AsWriter().head().epoch + 1);
  Transaction transaction;
  transaction.commit_id = NewUuid(parts_.clock, parts_.random).ToString();
  transaction.principal = kOwnPrincipal;
  ChangeRecord change;
  change.epoch = EpochRecord{lake_id, writer};
  transaction.changes.push_back(std::move(change));
  const std::string json = LH_TRY(EncodeTransaction(transaction));
  std::string octets = AssembleRecord(record.header, std::span(&json, 1));
  record.txns.push_back(LH_TRY(DecodeTransaction(json)));
  const std::int64_t sequence = record.header.seq;
  auto prepared = LH_TRY(parts_.lake.AsWriter().Prepare(std::move(record), Sha256Hex(octets)));
  if (LH_TRY(parts_.log.Append(context, sequence, octets)) == CommitLog::Outcome::kLost) return false;
  parts_.lake.Write([&](LakeState& state) { state.Accept(std::move(prepared)); });
  return true;
}

}  // namespace lakehouse::catalog
