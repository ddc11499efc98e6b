#include "record.h"

#include <charconv>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "record_wire.h"

namespace lakehouse::catalog {
namespace {

constexpr std::string_view kRecordSuffix = ".json";
// Canonical JSON sorts keys, so all that stands before the digest is numbers and hex: the first match is the field itself.
constexpr std::string_view kDigestStart = ",\"sha256\":\"";
constexpr std::size_t kDigestLength = 64;

Error BadRecord(std::string why) { return Error(ErrorCode::kCorruption, "this is no commit record: " + std::move(why)); }

std::string HeadOf(const RecordHeader& header) {
  return "{\"epoch\":" + std::to_string(header.epoch) + ",\"prev_sha256\":\"" + header.prev_sha256 +
         "\",\"seq\":" + std::to_string(header.seq);
}

bool IsHexDigest(std::string_view text) {
  return text.size() == kDigestLength && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool SetsOneThing(const ChangeRecord& change) {
  return int(change.snapshot.has_value()) + int(change.drop.has_value()) + int(change.epoch.has_value()) +
             int(change.condemned.has_value()) + int(change.deleted.has_value()) + int(change.erased.has_value()) +
             int(change.tag.has_value()) + int(change.retention.has_value()) + int(change.expired.has_value()) +
             int(change.access.has_value()) ==
         1;
}

Status CheckDigest(std::string_view bytes) {
  const std::size_t at = bytes.find(kDigestStart);
  const std::size_t end = at + kDigestStart.size() + kDigestLength + 1;
  if (at == std::string_view::npos || end > bytes.size()) return BadRecord("it has no digest");
  const std::string_view digest = bytes.substr(at + kDigestStart.size(), kDigestLength);
  Sha256 sum;
  sum.Add(bytes.substr(0, at));
  sum.Add(bytes.substr(end));
  if (sum.FinishHex() != digest) return BadRecord("its digest does not fit its bytes");
  return Ok{};
}

}  // namespace

const std::string kNoRecordSha256(kDigestLength, '0');

Result<std::string> EncodeTransaction(const Transaction& transaction) { return CanonicalJson(EncodeJson(transaction)); }

std::string AssembleRecord(const RecordHeader& header, std::span<const std::string> transactions) {
  const std::string head = HeadOf(header);
  std::string rest = ",\"time\":" + std::to_string(header.time) + ",\"txns\":[";
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    if (i > 0) rest += ',';
    rest += transactions[i];
  }
  rest += "]}";
  Sha256 sum;
  sum.Add(head);
  sum.Add(rest);
  return head + std::string(kDigestStart) + sum.FinishHex() + '"' + rest;
}

Result<CommitRecord> DecodeRecord(std::string_view bytes) {
  LH_TRY(CheckDigest(bytes));
  auto flat = DecodeJson<FlatRecord>(bytes);
  if (!flat) return BadRecord(flat.error().message());
  if (!IsHexDigest(flat->prev_sha256) || !IsHexDigest(flat->sha256)) return BadRecord("a digest in it is no SHA-256");
  for (const Transaction& transaction : flat->txns)
    for (const ChangeRecord& change : transaction.changes)
      if (!SetsOneThing(change)) return BadRecord("a change of commit " + transaction.commit_id + " is not exactly one thing");
  CommitRecord record;
  record.header = {flat->seq, std::move(flat->prev_sha256), flat->epoch, flat->time};
  record.sha256 = std::move(flat->sha256);
  record.txns = std::move(flat->txns);
  return record;
}

CommitResponse ResponseOf(const RecordHeader& header, const Transaction& transaction) {
  CommitResponse response{transaction.commit_id, header.seq, header.time, {}, false};
  for (const ChangeRecord& change : transaction.changes)
    if (change.snapshot) response.snapshots.push_back({change.snapshot->dataset, change.snapshot->version, change.snapshot->rows});
  return response;
}

std::optional<RecordedResponse> RecordedResponseOf(const Transaction& transaction) {
  RecordedResponse response{ResponseOf({}, transaction).snapshots};
  if (EncodeJson(response).size() > kMaxResponseBytes) return std::nullopt;
  return response;
}

Result<Transaction> DecodeTransaction(std::string_view json) {
  auto transaction = LH_TRY(DecodeJson<Transaction>(json));
  // A record that its readers would refuse must not be written.
  for (const ChangeRecord& change : transaction.changes)
    if (!SetsOneThing(change)) return Error(ErrorCode::kInternal, "a change of a commit is not exactly one thing");
  return transaction;
}

std::string TwentyDigits(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

std::optional<std::int64_t> ParseTwentyDigits(std::string_view text) {
  std::int64_t number = 0;
  if (text.size() != 20) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::string RecordKey(std::int64_t sequence) { return std::string(kLogPrefix) + TwentyDigits(sequence) + std::string(kRecordSuffix); }

std::optional<std::int64_t> SequenceOfRecordKey(std::string_view key) {
  if (!key.starts_with(kLogPrefix) || !key.ends_with(kRecordSuffix)) return std::nullopt;
  key.remove_prefix(kLogPrefix.size());
  key.remove_suffix(kRecordSuffix.size());
  return ParseTwentyDigits(key);
}

}  // namespace lakehouse::catalog
