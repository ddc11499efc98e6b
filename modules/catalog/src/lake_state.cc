#include "lake_state.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::catalog {
namespace {

Error BrokenChain(const RecordHeader& header, const std::string& what) {
  return Error(ErrorCode::kCorruption, "the log is broken at record " + std::to_string(header.seq) + ": " + what).Named("broken_chain");
}

IdempotencyWindow::Digest FirstHalf(const Sha256Digest& digest) {
  IdempotencyWindow::Digest half;
  std::copy_n(digest.begin(), half.size(), half.begin());
  return half;
}

}  // namespace

std::size_t IdempotencyWindow::Hash::operator()(const Digest& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

IdempotencyWindow::Digest IdempotencyWindow::KeyOf(std::string_view principal, std::string_view key) {
  Sha256 sum;
  sum.Add(principal);
  sum.Add(std::string_view("\0", 1));
  sum.Add(key);
  return FirstHalf(sum.Finish());
}

IdempotencyWindow::Digest IdempotencyWindow::RequestOf(std::string_view request_sha256) { return FirstHalf(Sha256Of(request_sha256)); }

void IdempotencyWindow::Add(std::int64_t sequence, std::int32_t transaction, const std::string& principal,
                            const std::optional<IdempotencyRecord>& idempotency) {
  ++transactions_;
  if (idempotency) {
    const Digest key = KeyOf(principal, idempotency->key);
    entries_.push_back({transactions_, sequence, transaction, key, RequestOf(idempotency->request_sha256)});
    by_key_[key] = transactions_;
  }
  while (!entries_.empty() && entries_.front().ordinal <= transactions_ - kTransactions) {
    const auto found = by_key_.find(entries_.front().key);
    if (found != by_key_.end() && found->second == entries_.front().ordinal) by_key_.erase(found);
    entries_.pop_front();
  }
}

const IdempotencyWindow::Entry* IdempotencyWindow::Find(const Digest& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), found->second,
                                      [](const Entry& candidate, std::int64_t ordinal) { return candidate.ordinal < ordinal; });
  return &*entry;
}

void IdempotencyWindow::Restore(std::int64_t transactions, std::deque<Entry> entries) {
  transactions_ = transactions;
  entries_ = std::move(entries);
  by_key_.clear();
  by_key_.reserve(entries_.size());
  for (const Entry& entry : entries_) by_key_[entry.key] = entry.ordinal;
}

Status LakeState::CheckChain(const RecordHeader& header) const {
  if (header.seq != head_.sequence + 1) return BrokenChain(header, "expected record " + std::to_string(head_.sequence + 1));
  if (header.prev_sha256 != head_.sha256)
    return BrokenChain(header, "it follows a record with SHA-256 " + header.prev_sha256 + ", but record " + std::to_string(head_.sequence) +
                                   " has " + head_.sha256);
  if (header.epoch < head_.epoch)
    return BrokenChain(header, "epoch " + std::to_string(header.epoch) + " after epoch " + std::to_string(head_.epoch));
  if (header.time <= head_.time_micros) return BrokenChain(header, "its time does not rise");
  return Ok{};
}

Result<LakeState::Prepared> LakeState::Prepare(CommitRecord record, std::string sha256) const {
  const RecordHeader& header = record.header;
  LH_TRY(CheckChain(header));
  Prepared prepared;
  prepared.lake_id = lake_id_;
  prepared.retention = retention_;
  prepared.access = access_;
  bool has_epoch = false;
  const auto current = [&](const std::string& folded) {
    const auto found = prepared.datasets.find(folded);
    if (found != prepared.datasets.end()) return found->second;
    const auto known = datasets_.find(folded);
    return known == datasets_.end() ? DatasetRef() : known->second;
  };
  for (const Transaction& transaction : record.txns) {
    for (const ChangeRecord& change : transaction.changes) {
      if (change.snapshot) {
        const std::string folded = FoldName(change.snapshot->dataset);
        prepared.datasets[folded] = LH_TRY(ApplySnapshot(current(folded), *change.snapshot, header, transaction.principal));
      } else if (change.drop) {
        const std::string folded = FoldName(change.drop->dataset);
        prepared.datasets[folded] = LH_TRY(ApplyDrop(current(folded), *change.drop, header));
      } else if (change.tag) {
        const std::string folded = FoldName(change.tag->dataset);
        prepared.datasets[folded] = LH_TRY(ApplyTag(current(folded), *change.tag, header));
      } else if (change.retention && change.retention->dataset.empty()) {
        prepared.retention.reset();
        if (change.retention->policy.keep_last || change.retention->policy.keep_for_seconds) prepared.retention = change.retention->policy;
      } else if (change.retention) {
        const std::string folded = FoldName(change.retention->dataset);
        prepared.datasets[folded] = LH_TRY(ApplyRetention(current(folded), *change.retention, header));
      } else if (change.expired) {
        const std::string folded = FoldName(change.expired->dataset);
        prepared.datasets[folded] = LH_TRY(ApplyExpired(current(folded), *change.expired, header));
      } else if (change.epoch) {
        if (!prepared.lake_id.empty() && prepared.lake_id != change.epoch->lake_id)
          return BrokenChain(header, "it belongs to lake " + change.epoch->lake_id);
        prepared.lake_id = change.epoch->lake_id;
        has_epoch = true;
      } else if (change.access) {
        prepared.access = ApplyAccess(*prepared.access, *change.access, header.seq);
      }
    }
  }
  if (header.epoch != head_.epoch && (!has_epoch || header.epoch != head_.epoch + 1))
    return BrokenChain(header, "epoch " + std::to_string(header.epoch) + " begins without an epoch record");
  prepared.record = std::move(record);
  prepared.sha256 = std::move(sha256);
  return prepared;
}

void LakeState::Accept(Prepared prepared) {
  const RecordHeader& header = prepared.record.header;
  assert(header.seq == head_.sequence + 1 && header.prev_sha256 == head_.sha256);
  for (auto& [folded, dataset] : prepared.datasets) {
    DatasetRef& slot = datasets_[folded];
    if (slot && !slot->dropped) --live_;
    if (!dataset->dropped) ++live_;
    slot = std::move(dataset);
  }
  lake_id_ = std::move(prepared.lake_id);
  retention_ = prepared.retention;
  access_ = std::move(prepared.access);
  std::int32_t index = 0;
  for (const Transaction& transaction : prepared.record.txns) {
    idempotency_.Add(header.seq, index++, transaction.principal, transaction.idempotency);
    for (const ChangeRecord& change : transaction.changes) {
      if (change.condemned) condemned_.insert(change.condemned->keys.begin(), change.condemned->keys.end());
      if (change.deleted)
        for (const std::string& key : change.deleted->keys) condemned_.erase(key);
      if (change.erased) erased_.insert(change.erased->keys.begin(), change.erased->keys.end());
      if (change.deleted || change.erased) collected_ = header.seq;
    }
  }
  head_ = {header.seq, std::move(prepared.sha256), header.epoch, header.time};
}

Status LakeState::Apply(CommitRecord record, std::string sha256) {
  Accept(LH_TRY(Prepare(std::move(record), std::move(sha256))));
  return Ok{};
}

DatasetRef LakeState::Find(std::string_view name) const {
  const auto found = datasets_.find(FoldName(name));
  return found == datasets_.end() ? nullptr : found->second;
}

LakeState LakeState::FromParts(Parts parts) {
  LakeState state;
  state.head_ = std::move(parts.head);
  state.lake_id_ = std::move(parts.lake_id);
  state.datasets_ = std::move(parts.datasets);
  for (const auto& [folded, dataset] : state.datasets_)
    if (!dataset->dropped) ++state.live_;
  state.idempotency_.Restore(parts.transactions, std::move(parts.idempotency));
  state.condemned_ = std::move(parts.condemned);
  state.erased_ = std::move(parts.erased);
  state.retention_ = parts.retention;
  state.access_ = std::make_shared<const AccessState>(std::move(parts.access));
  state.collected_ = parts.collected;
  return state;
}

Error NoSuchDataset(const LakeState& state, std::string_view name) {
  NearestName nearest(name);
  for (const auto& [folded, dataset] : state.datasets())
    if (!dataset->dropped) nearest.Consider(dataset->name);
  std::string message = "there is no dataset \"" + std::string(name) + "\"";
  if (nearest.best()) message += "; the nearest name is \"" + *nearest.best() + "\"";
  JsonWriter details;
  details.Open('{');
  details.Key("dataset");
  details.String(name);
  details.Close('}');
  return Error(ErrorCode::kNotFound, std::move(message)).Named("dataset_not_found").WithDetails(std::move(details).Take());
}

}  // namespace lakehouse::catalog
