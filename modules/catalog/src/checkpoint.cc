#include "checkpoint.h"

#include <set>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/dataset_name.h"
#include "record_wire.h"
#include "small_table.h"

namespace lakehouse::catalog {

// The rows of a checkpoint are kind, name, number and a JSON payload. These are the payloads; lists are cut into pieces.
struct HeadPayload {
  std::string lake_id;
  std::string sha256;
  std::int64_t epoch = 0;
  std::int64_t time_micros = 0;
  std::int64_t transactions = 0;
  std::optional<Retention> retention;
  std::optional<std::int64_t> collected;  ///< absent: never
};
struct DatasetPayload {
  std::int64_t created_micros = 0;
  bool dropped = false;
  std::map<std::string, std::string> attributes;
  std::optional<std::vector<Tag>> tags;  ///< absent: none
  std::optional<Retention> retention;
  std::optional<std::vector<VersionRange>> expired;  ///< absent: none
};
struct KeyPayload {
  std::int64_t ordinal = 0;
  std::int64_t sequence = 0;
  std::int32_t transaction = 0;
  std::string key;
  std::string request;
};
using PointPayload = PointLog::Point;
BOOST_DESCRIBE_STRUCT(HeadPayload, (), (lake_id, sha256, epoch, time_micros, transactions, retention, collected))
BOOST_DESCRIBE_STRUCT(DatasetPayload, (), (created_micros, dropped, attributes, tags, retention, expired))
BOOST_DESCRIBE_STRUCT(KeyPayload, (), (ordinal, sequence, transaction, key, request))
BOOST_DESCRIBE_STRUCT(PointPayload, (), (version, sequence, time_micros))
BOOST_DESCRIBE_STRUCT(SnapshotEntry, (),
                      (version, sequence, time_micros, operation, schema_id, rows, size_bytes, file_count, manifest, principal, summary))

namespace {

Failpoint checkpoint_before_put("catalog.checkpoint.before_put");
Failpoint checkpoint_after_put("catalog.checkpoint.after_put");
Failpoint checkpoint_between_deletes("catalog.checkpoint.between_deletes");

constexpr std::string_view kCheckpointSuffix = ".parquet";
constexpr std::size_t kKeptCheckpoints = 2;
constexpr std::size_t kPiece = 1000;
constexpr std::size_t kPartBytes = 1 << 20;

const std::vector<SmallTable::Column>& CheckpointColumns() {
  static const std::vector<SmallTable::Column> columns = {{"kind", false}, {"name", false}, {"number", true}, {"payload", false}};
  return columns;
}

IdempotencyWindow::Digest ParseDigest(std::string_view hex) {
  IdempotencyWindow::Digest digest{};
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i)
    digest[i] = static_cast<unsigned char>(value(hex[2 * i]) * 16 + value(hex[2 * i + 1]));
  return digest;
}

/// Collects rows into parts, and hands each one on when it is full.
class CheckpointBuilder {
 public:
  CheckpointBuilder(const Context& context, TableCodec& codec, const EmitPart& emit) : context_(context), codec_(codec), emit_(emit) {}

  Status Add(std::string_view kind, std::string name, std::int64_t number, std::string payload) {
    bytes_ += payload.size();
    part_.rows.push_back({std::string(kind), std::move(name), number, std::move(payload)});
    return bytes_ < kPartBytes ? Status(Ok{}) : EmitRows();
  }
  Status AddDataset(const std::string& folded, const DatasetState& dataset) {
    DatasetPayload payload{dataset.created_micros, dataset.dropped, dataset.attributes, {}, dataset.retention, {}};
    for (const auto& [name, tag] : dataset.tags) {
      if (!payload.tags) payload.tags.emplace();
      payload.tags->push_back(tag);
    }
    if (!dataset.expired.empty()) payload.expired = dataset.expired;
    LH_TRY(Add("dataset", dataset.name, 0, EncodeJson(payload)));
    for (std::size_t id = 0; id < dataset.schemas.size(); ++id)
      LH_TRY(Add("schema", folded, static_cast<std::int64_t>(id), EncodeJson(*dataset.schemas[id])));
    LH_TRY(AddPieces("points", folded, dataset.points.size(),
                     [&](JsonWriter& writer, std::size_t i) { JsonCodec<PointPayload>::Write(writer, dataset.points.at(i)); }));
    return AddPieces("snapshots", folded, dataset.recent.size(),
                     [&](JsonWriter& writer, std::size_t i) { JsonCodec<SnapshotEntry>::Write(writer, *dataset.recent[i]); });
  }
  Status AddKeys(const std::deque<IdempotencyWindow::Entry>& entries) {
    return AddPieces("keys", {}, entries.size(), [&](JsonWriter& writer, std::size_t i) {
      const IdempotencyWindow::Entry& entry = entries[i];
      JsonCodec<KeyPayload>::Write(writer, {entry.ordinal, entry.sequence, entry.transaction, ToHex(entry.key), ToHex(entry.request)});
    });
  }
  /// The head, after the last row.
  Result<std::string> Finish(std::int64_t sequence, const HeadPayload& head) {
    if (!part_.rows.empty()) LH_TRY(EmitRows());
    SmallTable table{CheckpointColumns(), {}};
    table.rows.push_back({std::string("head"), std::string(), sequence, EncodeJson(head)});
    for (const ObjectRef& part : parts_) table.rows.push_back({std::string("part"), part.key, part.size_bytes, part.sha256});
    return codec_.Encode(context_, table);
  }

 private:
  template <typename WriteItem>
  Status AddPieces(std::string_view kind, const std::string& name, std::size_t size, WriteItem write_item) {
    for (std::size_t from = 0; from < size; from += kPiece) {
      JsonWriter writer;
      writer.Open('[');
      for (std::size_t i = from; i < std::min(from + kPiece, size); ++i) write_item(writer, i);
      writer.Close(']');
      LH_TRY(Add(kind, name, static_cast<std::int64_t>(from), std::move(writer).Take()));
    }
    return Ok{};
  }
  Status EmitRows() {
    const std::string octets = LH_TRY(codec_.Encode(context_, part_));
    part_.rows.clear();
    bytes_ = 0;
    const std::string sha256 = Sha256Hex(octets);
    parts_.push_back(
        {std::string(kPartPrefix) + sha256 + std::string(kCheckpointSuffix), static_cast<std::int64_t>(octets.size()), sha256});
    return emit_(parts_.back(), octets);
  }

  const Context& context_;
  TableCodec& codec_;
  const EmitPart& emit_;
  SmallTable part_{CheckpointColumns(), {}};
  std::size_t bytes_ = 0;
  std::vector<ObjectRef> parts_;
};

/// Puts the rows together again. Every failure means the rows contradict each other.
class CheckpointReader {
 public:
  std::vector<ObjectRef> parts;  ///< that the rows so far name

  Status Add(RowReader row) {
    const std::string kind = LH_TRY(row.Text(0));
    const std::string name = LH_TRY(row.Text(1));
    const std::int64_t number = LH_TRY(row.Integer(2));
    const std::string payload = LH_TRY(row.Text(3));
    if (kind == "head") return AddHead(number, payload);
    if (kind == "part") return parts.push_back({name, number, payload}), Ok{};
    if (kind == "dataset") return AddDataset(name, payload);
    if (kind == "keys") return AddKeys(payload);
    if (kind == "condemned") return parts_.condemned.insert(name), Ok{};
    if (kind == "erased") return parts_.erased.insert(name), Ok{};
    if (kind == "access") return parts_.access.sequence = number, Ok{};
    if (kind == "profile") return parts_.access.profiles[{name, number}] = LH_TRY(DecodeJson<Profile>(payload)), Ok{};
    if (kind == "active_profile") return parts_.access.active[name] = number, Ok{};
    if (kind == "api_key") return parts_.access.keys[name] = LH_TRY(DecodeJson<ApiKey>(payload)), Ok{};
    if (current_ == nullptr) return Error(ErrorCode::kCorruption, "a row of kind \"" + kind + "\" belongs to no dataset");
    if (kind == "schema") return current_->schemas.push_back(std::make_shared<const Schema>(LH_TRY(DecodeJson<Schema>(payload)))), Ok{};
    if (kind == "points") {
      for (const PointPayload& point : LH_TRY(DecodeJson<std::vector<PointPayload>>(payload))) current_->points.Append(point);
      return Ok{};
    }
    if (kind == "snapshots") return AddSnapshots(payload);
    return Error(ErrorCode::kCorruption, "a row of unknown kind \"" + kind + "\"");
  }
  Result<LakeState> Finish() && {
    for (const auto& [folded, dataset] : parts_.datasets)
      if (dataset->recent.empty()) return Error(ErrorCode::kCorruption, "dataset \"" + dataset->name + "\" has no snapshot");
    return LakeState::FromParts(std::move(parts_));
  }

 private:
  Status AddHead(std::int64_t sequence, const std::string& payload) {
    HeadPayload head = LH_TRY(DecodeJson<HeadPayload>(payload));
    parts_.head = {sequence, std::move(head.sha256), head.epoch, head.time_micros};
    parts_.lake_id = std::move(head.lake_id);
    parts_.transactions = head.transactions;
    parts_.retention = head.retention;
    parts_.collected = head.collected.value_or(0);
    return Ok{};
  }
  Status AddDataset(const std::string& name, const std::string& payload) {
    DatasetPayload decoded = LH_TRY(DecodeJson<DatasetPayload>(payload));
    auto dataset = std::make_shared<DatasetState>();
    dataset->name = name;
    dataset->created_micros = decoded.created_micros;
    dataset->dropped = decoded.dropped;
    dataset->attributes = std::move(decoded.attributes);
    for (const Tag& tag : decoded.tags.value_or(std::vector<Tag>())) dataset->tags[tag.name] = tag;
    dataset->retention = decoded.retention;
    dataset->expired = decoded.expired.value_or(std::vector<VersionRange>());
    current_ = dataset.get();
    parts_.datasets[FoldName(name)] = std::move(dataset);
    return Ok{};
  }
  Status AddSnapshots(const std::string& payload) {
    for (SnapshotEntry& entry : LH_TRY(DecodeJson<std::vector<SnapshotEntry>>(payload))) {
      if (entry.schema_id < 0 || static_cast<std::size_t>(entry.schema_id) >= current_->schemas.size())
        return Error(ErrorCode::kCorruption, "a snapshot of dataset \"" + current_->name + "\" has an unknown schema");
      current_->recent.push_back(std::make_shared<const SnapshotEntry>(std::move(entry)));
    }
    return Ok{};
  }
  Status AddKeys(const std::string& payload) {
    for (const KeyPayload& key : LH_TRY(DecodeJson<std::vector<KeyPayload>>(payload)))
      parts_.idempotency.push_back({key.ordinal, key.sequence, key.transaction, ParseDigest(key.key), ParseDigest(key.request)});
    return Ok{};
  }

  LakeState::Parts parts_;
  DatasetState* current_ = nullptr;
};

}  // namespace

std::string CheckpointName::Key() const {
  return std::string(kCheckpointPrefix) + TwentyDigits(sequence) + "-" + sha256 + std::string(kCheckpointSuffix);
}

std::optional<CheckpointName> ParseCheckpointKey(std::string_view key) {
  if (!key.starts_with(kCheckpointPrefix) || !key.ends_with(kCheckpointSuffix)) return std::nullopt;
  key.remove_prefix(kCheckpointPrefix.size());
  key.remove_suffix(kCheckpointSuffix.size());
  if (key.size() != 20 + 1 + 64 || key[20] != '-') return std::nullopt;
  const auto sequence = ParseTwentyDigits(key.substr(0, 20));
  if (!sequence) return std::nullopt;
  return CheckpointName{*sequence, std::string(key.substr(21))};
}

Result<std::string> EncodeCheckpoint(const Context& context, TableCodec& codec, const LakeState& state, const EmitPart& emit) {
  CheckpointBuilder builder(context, codec, emit);
  for (const auto& [folded, dataset] : state.datasets()) LH_TRY(builder.AddDataset(folded, *dataset));
  LH_TRY(builder.AddKeys(state.idempotency().entries()));
  for (const std::string& key : state.condemned()) LH_TRY(builder.Add("condemned", key, 0, {}));
  for (const std::string& key : state.erased()) LH_TRY(builder.Add("erased", key, 0, {}));
  const AccessState& access = *state.access();
  if (access.sequence > 0) LH_TRY(builder.Add("access", {}, access.sequence, {}));
  for (const auto& [id, profile] : access.profiles) LH_TRY(builder.Add("profile", id.first, id.second, EncodeJson(profile)));
  for (const auto& [name, version] : access.active) LH_TRY(builder.Add("active_profile", name, version, {}));
  for (const auto& [id, key] : access.keys) LH_TRY(builder.Add("api_key", id, 0, EncodeJson(key)));
  const LogHead& head = state.head();
  const auto collected = state.collected() > 0 ? std::optional(state.collected()) : std::nullopt;
  return builder.Finish(head.sequence, {state.lake_id(), head.sha256, head.epoch, head.time_micros, state.idempotency().transactions(),
                                        state.retention(), collected});
}

Result<SmallTable> DecodeCheckpointTable(const Context& context, TableCodec& codec, std::string_view octets) {
  return codec.Decode(context, octets, CheckpointColumns());
}

namespace {

Error Damaged(const CheckpointName& name, const std::string& why) {
  return Error(ErrorCode::kCorruption, "checkpoint " + name.Key() + " is damaged: " + why).Named("corrupt_object");
}

/// The rows of a head or a part, into the reader.
Status ReadRows(const Context& context, TableCodec& codec, std::string_view octets, const CheckpointName& name, CheckpointReader& reader) {
  auto table = DecodeCheckpointTable(context, codec, octets);
  if (!table && table.error().code() != ErrorCode::kCorruption) return std::move(table).TakeError();
  if (!table) return Damaged(name, table.error().message());
  for (auto& cells : table->rows) {
    if (auto added = reader.Add(RowReader(cells)); !added) return Damaged(name, added.error().message());
    cells = {};
  }
  return Ok{};
}

Status ReadHead(const Context& context, TableCodec& codec, std::string_view octets, const CheckpointName& name, CheckpointReader& reader) {
  if (Sha256Hex(octets) != name.sha256) return Damaged(name, "its SHA-256 is not the one in its name");
  return ReadRows(context, codec, octets, name, reader);
}

}  // namespace

Result<LakeState> DecodeCheckpoint(const Context& context, TableCodec& codec, const CheckpointName& name, std::string_view octets,
                                   const FetchPart& fetch) {
  CheckpointReader reader;
  LH_TRY(ReadHead(context, codec, octets, name, reader));
  const std::vector<ObjectRef> parts = std::move(reader.parts);
  for (const ObjectRef& part : parts) {
    const auto fetched = fetch(part);
    if (!fetched && fetched.error().code() == ErrorCode::kNotFound) return Damaged(name, "its part " + part.key + " is gone");
    if (!fetched) return fetched.error();
    LH_TRY(VerifyOctets(part, *fetched));
    LH_TRY(ReadRows(context, codec, *fetched, name, reader));
  }
  auto state = std::move(reader).Finish();
  if (!state) return Damaged(name, state.error().message());
  if (state->head().sequence != name.sequence) return Damaged(name, "it is one of record " + std::to_string(state->head().sequence));
  return state;
}

Result<std::vector<ObjectRef>> PartsOfCheckpoint(const Context& context, TableCodec& codec, const CheckpointName& name,
                                                 std::string_view octets) {
  CheckpointReader reader;
  LH_TRY(ReadHead(context, codec, octets, name, reader));
  return std::move(reader.parts);
}

Result<std::vector<CheckpointName>> CheckpointStore::List(const Context& context) {
  std::vector<CheckpointName> names;
  for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, store_, std::string(kCheckpointPrefix))))
    if (const auto name = ParseCheckpointKey(object.key)) names.push_back(*name);
  return names;
}

Result<std::string> CheckpointStore::LoadHead(const Context& context, const CheckpointName& name) {
  auto octets = LH_TRY(FindOctets(context, store_, name.Key(), retry_));
  if (!octets) return Error(ErrorCode::kNotFound, "checkpoint " + name.Key() + " is gone");
  return std::move(*octets);
}

Result<LakeState> CheckpointStore::Load(const Context& context, const CheckpointName& name) {
  const std::string head = LH_TRY(LoadHead(context, name));
  return DecodeCheckpoint(context, codec_, name, head, [&](const ObjectRef& part) -> Result<std::string> {
    auto octets = LH_TRY(FindOctets(context, store_, part.key, retry_));
    if (!octets) return Error(ErrorCode::kNotFound, "object " + part.key + " is gone");
    return std::move(*octets);
  });
}

Result<CheckpointStore::Loaded> CheckpointStore::LoadNewest(const Context& context) {
  Loaded loaded;
  std::vector<CheckpointName> names = LH_TRY(List(context));
  for (; !names.empty(); names.pop_back()) {
    auto state = Load(context, names.back());
    if (state) {
      loaded.state = std::move(state).Take();
      break;
    }
    const ErrorCode code = state.error().code();
    if (code != ErrorCode::kCorruption && code != ErrorCode::kNotFound) return std::move(state).TakeError();
    loaded.damaged.push_back(state.error().message());
  }
  return loaded;
}

Status CheckpointStore::Write(const Context& context, const LakeState& state) {
  const std::string octets = LH_TRY(EncodeCheckpoint(context, codec_, state, [&](const ObjectRef& part, std::string_view rows) {
    return PutWriteOnce(context, store_, part.key, rows, retry_);
  }));
  const CheckpointName name{state.head().sequence, Sha256Hex(octets)};
  LH_TRY(checkpoint_before_put.Hit());
  LH_TRY(PutWriteOnce(context, store_, name.Key(), octets, retry_));
  LH_TRY(checkpoint_after_put.Hit());
  std::vector<CheckpointName> names = LH_TRY(List(context));
  while (names.size() > kKeptCheckpoints) {
    LH_TRY(checkpoint_between_deletes.Hit());
    LH_TRY_WHILE(store_.Delete(context, names.front().Key()), "remove checkpoint " + names.front().Key());
    names.erase(names.begin());
  }
  return RemoveOtherParts(context, names);
}

Status CheckpointStore::RemoveOtherParts(const Context& context, const std::vector<CheckpointName>& kept) {
  std::set<std::string> named;
  for (const CheckpointName& name : kept) {
    const auto head = LoadHead(context, name);
    const auto parts = head ? PartsOfCheckpoint(context, codec_, name, *head) : Result<std::vector<ObjectRef>>(head.error());
    if (!parts && parts.error().code() != ErrorCode::kCorruption) return parts.error();
    if (!parts) continue;  // a damaged one is of no use, with parts or without
    for (const ObjectRef& part : *parts) named.insert(part.key);
  }
  for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, store_, std::string(kPartPrefix))))
    if (!named.contains(object.key)) LH_TRY_WHILE(store_.Delete(context, object.key), "remove " + object.key);
  return Ok{};
}

}  // namespace lakehouse::catalog
