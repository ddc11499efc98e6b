#include "generation_store.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/vector/vector_check.h"
#include "mapped_file.h"

namespace lakehouse::vector {
namespace {

Failpoint after_generation_put("vector.generation.after_put");
Failpoint before_generation_commit("vector.generation.before_commit");
Failpoint after_generation_commit("vector.generation.after_commit");
Failpoint before_sidecar_put("vector.sidecar.before_put");
Failpoint after_sidecar_put("vector.sidecar.after_put");
Failpoint before_batch_delete("vector.log.before_delete");

constexpr std::string_view kDimensionKey = "vector.dimension", kMetricKey = "vector.metric", kLifeKey = catalog::kVectorLifeAttribute,
                           kSequenceKey = "vector.log_sequence", kBucketKey = "vector.bucket";
constexpr std::size_t kSidecarsKept = 2;
constexpr int kCommitTries = 5;

/// In primary: the log and the sidecars. The same folder of another bucket may have the embeddings.
std::string FolderOf(const StoredIndex& index) { return "_vectors/" + index.name + "/"; }

/// Whether there is such a bucket; one that is away is no reason to refuse.
Status CheckBucket(const Context& context, storage::ObjectStore& store, const std::string& bucket) {
  LH_TRY(storage::CheckBucketName(bucket));
  if (bucket == storage::kRescueBucket)
    return Error(ErrorCode::kInvalidArgument, "files of datasets do not live in the rescue bucket").Named("bucket_protected");
  const auto found = store.Head(context, storage::InBucket(bucket, "_vectors/any"));
  if (!found && found.error().reason() == "unknown_bucket") return found.error();
  return Ok{};
}

template <typename T>
std::optional<T> NumberIn(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "_vectors/docs/gen-7-<uuid>/index-1000.lhv"
std::optional<std::uint32_t> RowsOfSidecarKey(std::string_view key) {
  constexpr std::string_view kName = "/index-", kSuffix = ".lhv";
  const std::size_t at = key.rfind(kName);
  if (at == std::string_view::npos || !key.ends_with(kSuffix)) return std::nullopt;
  key.remove_prefix(at + kName.size());
  key.remove_suffix(kSuffix.size());
  return NumberIn<std::uint32_t>(key);
}

/// Newer versions first; of one version the one with more rows.
std::int64_t VersionOfKey(std::string_view key) {
  const std::size_t at = key.find("/gen-");
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = key.substr(at + 5);
  return NumberIn<std::int64_t>(rest.substr(0, rest.find('-'))).value_or(0);
}

catalog::Schema EmbeddingColumns() {
  catalog::Schema schema;
  schema.columns = {
      {"id", "VARCHAR", kIdField, {}}, {"metadata", "VARCHAR", kMetadataField, {}}, {"embedding", "FLOAT[]", kEmbeddingField, {}}};
  return schema;
}

/// A dataset that is an index, out of its attributes; nothing for any other dataset.
std::optional<StoredIndex> IndexFrom(const catalog::Dataset& dataset) {
  const auto text = [&](std::string_view key) {
    const auto found = dataset.attributes.find(std::string(key));
    return found == dataset.attributes.end() ? std::string() : found->second;
  };
  StoredIndex index;
  const auto dimension = NumberIn<std::uint32_t>(text(kDimensionKey));
  const auto metric = ParseMetric(text(kMetricKey));
  const auto life = Uuid::Parse(text(kLifeKey));
  if (!dataset.name.starts_with(kDatasetPrefix) || !dimension || !metric || !life) return std::nullopt;
  index.name = dataset.name.substr(kDatasetPrefix.size());
  index.spec = {*dimension, *metric};
  index.life = *life;
  index.version = dataset.head.version;
  index.log_sequence = NumberIn<std::uint64_t>(text(kSequenceKey)).value_or(0);
  index.attributes = dataset.attributes;
  index.bucket = text(kBucketKey).empty() ? std::string(storage::kPrimaryBucket) : text(kBucketKey);
  return index;
}

/// A file on its way to the store, which takes it; otherwise it goes.
struct ScratchFile {
  std::string path;
  ~ScratchFile() { ::unlink(path.c_str()); }
};

}  // namespace

Error NoSuchIndex(const std::string& name) {
  return Error(ErrorCode::kNotFound, "there is no index \"" + name + "\"; create it, or list what there is").Named("index_not_found");
}

std::string DatasetOf(std::string_view index) { return std::string(kDatasetPrefix) + std::string(index); }

std::optional<SourceDigest> StoredIndex::DigestOf(std::uint32_t count) const {
  std::string names;
  std::uint32_t so_far = 0;
  for (const File& file : files) {
    names += file.key + "\n";
    so_far += file.rows;
    if (so_far == count) return Sha256Of(names);
  }
  return std::nullopt;
}

RowPosition StoredIndex::PositionOf(RowId row) const {
  const auto after = std::upper_bound(files.begin(), files.end(), row, [](RowId r, const File& file) { return r < file.first_row; });
  const File& file = *std::prev(after);
  return {file.key, row - file.first_row};
}

std::string GenerationStore::ScratchPath(std::string_view suffix) {
  return parts_.scratch + "/" + NewUuid(parts_.clock, parts_.random).ToString() + std::string(suffix);
}

Result<std::vector<storage::ObjectInfo>> GenerationStore::ListAll(const Context& context, const std::string& prefix) {
  std::vector<storage::ObjectInfo> all;
  std::string after;
  do {
    storage::ListPage page = LH_TRY(parts_.store.List(context, prefix, after, storage::kMaxListPage));
    all.insert(all.end(), std::make_move_iterator(page.objects.begin()), std::make_move_iterator(page.objects.end()));
    after = page.next;
  } while (!after.empty());
  return all;
}

Result<StoredIndex> GenerationStore::Create(const Context& context, const std::string& name, const IndexSpec& spec,
                                            const std::string& bucket) {
  LH_TRY(catalog::CheckDatasetName(name));
  LH_TRY(CheckSpec(spec));
  LH_TRY(CheckBucket(context, parts_.store, bucket));
  catalog::SnapshotChange change;
  change.dataset = DatasetOf(name);
  change.operation = catalog::Operation::kCreate;
  change.schema = EmbeddingColumns();
  change.attributes = {{std::string(kDimensionKey), std::to_string(spec.dimension)},
                       {std::string(kMetricKey), std::string(WireName(spec.metric))},
                       {std::string(kLifeKey), NewUuid(parts_.clock, parts_.random).ToString()},
                       {std::string(kSequenceKey), "0"}};
  if (bucket != storage::kPrimaryBucket) change.attributes[std::string(kBucketKey)] = bucket;
  catalog::CommitRequest request;
  request.changes.push_back(std::move(change));
  request.events.push_back({"index:" + name, "vector.create", {{"dimension", std::to_string(spec.dimension)}}});
  request.idempotency = {{"vector-create-" + NewUuid(parts_.clock, parts_.random).ToString(), "create"}};
  auto committed = parts_.catalog.Commit(context, request);
  for (int i = 1; i < kCommitTries && !committed && committed.error().code() == ErrorCode::kOutcomeUnknown; ++i)
    committed = parts_.catalog.Commit(context, request);
  if (!committed && committed.error().code() == ErrorCode::kAlreadyExists) {
    if (Load(context, name)) return Error(ErrorCode::kAlreadyExists, "index \"" + name + "\" exists already").Named("index_exists");
    return Error(ErrorCode::kAlreadyExists,
                 "there is a dataset \"" + DatasetOf(name) + "\", where the embeddings of the index would be; choose another name")
        .Named("dataset_exists");
  }
  LH_TRY(std::move(committed));
  return Load(context, name);
}

Result<StoredIndex> GenerationStore::Load(const Context& context, const std::string& name) {
  const auto described = parts_.catalog.Describe(context, {DatasetOf(name), {}});
  if (!described && (described.error().code() == ErrorCode::kNotFound || described.error().code() == ErrorCode::kInvalidArgument))
    return NoSuchIndex(name);
  if (!described) return described.error();
  auto index = IndexFrom(described->dataset);
  if (!index) return NoSuchIndex(name);
  const catalog::ResolveResponse resolved =
      LH_TRY(parts_.catalog.Resolve(context, {{{described->dataset.name, {.version = index->version}}}}));
  for (const catalog::DataFile& file : resolved.tables.at(0).files) {
    if (!storage::SplitBucketKey(file.key).key.starts_with(FolderOf(*index)))
      return Error(ErrorCode::kUnprocessable, "dataset \"" + described->dataset.name + "\" holds " + file.key +
                                                  ", which is no file of the index; restore a version before it came")
          .Named("foreign_rows");
    if (file.content == catalog::FileContent::kPositionDeletes) {
      index->deletes.push_back(file);
      continue;
    }
    index->files.push_back({file.key, index->rows(), static_cast<std::uint32_t>(file.rows)});
    index->data.push_back(file);
  }
  return *std::move(index);
}

Result<std::vector<std::string>> GenerationStore::List(const Context& context) {
  std::vector<std::string> names;
  std::string after;
  while (true) {
    const catalog::ListDatasetsResponse page = LH_TRY(parts_.catalog.ListDatasets(context, {std::string(kDatasetPrefix), after, 1000}));
    for (const catalog::Dataset& dataset : page.datasets)
      if (const auto index = IndexFrom(dataset)) names.push_back(index->name);
    if (!page.more || page.datasets.empty()) return names;
    after = page.datasets.back().name;
  }
}

Status GenerationStore::Drop(const Context& context, const StoredIndex& index) {
  catalog::CommitRequest request;
  request.drops = {DatasetOf(index.name)};
  request.events.push_back({"index:" + index.name, "vector.drop", {}});
  request.idempotency = {{"vector-drop-" + NewUuid(parts_.clock, parts_.random).ToString(), "drop"}};
  auto dropped = parts_.catalog.Commit(context, request);
  for (int i = 1; i < kCommitTries && !dropped && dropped.error().code() == ErrorCode::kOutcomeUnknown; ++i)
    dropped = parts_.catalog.Commit(context, request);
  if (!dropped && dropped.error().code() != ErrorCode::kNotFound) return dropped.error();
  StoredIndex gone = index;
  gone.life = Uuid();  // so that every log is one of an earlier life
  gone.files.clear();
  return RemoveLeftovers(context, gone);
}

Result<std::unique_ptr<Serving>> GenerationStore::Open(const Context& context, const StoredIndex& index, const IndexOptions& options) {
  auto serving = std::make_unique<Serving>(index.spec, options);
  std::vector<storage::ExpectedObject> wanted;
  for (const catalog::DataFile& file : index.data) wanted.push_back({file.key, file.size_bytes, file.sha256});
  // A local store's objects never move; copies in a cache stay mapped, and so does their space, when the cache lets them go.
  const auto files = LH_TRY_WHILE(parts_.cache.FetchAll(context, wanted), "fetch the embeddings of index " + index.name);
  for (std::size_t i = 0; i < files.size(); ++i) {
    LH_TRY_WHILE(serving->AddFile(LH_TRY(MappedFile::Open(files[i].path(), false))), "read " + index.data[i].key);
    if (serving->rows() != index.files[i].first_row + index.files[i].rows)
      return Error(ErrorCode::kCorruption, index.data[i].key + " has another number of rows than its manifest says")
          .Named("embeddings_damaged");
  }
  std::map<std::string_view, const StoredIndex::File*> by_key;
  for (const StoredIndex::File& file : index.files) by_key[file.key] = &file;
  for (const catalog::DataFile& file : index.deletes) {
    const auto cached = LH_TRY(parts_.cache.Fetch(context, {file.key, file.size_bytes, file.sha256}));
    std::vector<RowId> dead;
    for (const RowPosition& position : LH_TRY_WHILE(ReadPositions(LH_TRY(ReadFile(cached.path()))), "read " + file.key)) {
      const auto found = by_key.find(position.file_key);
      if (found == by_key.end() || position.position < 0 || position.position >= found->second->rows)
        return Error(ErrorCode::kCorruption, file.key + " deletes a row that is not there").Named("embeddings_damaged");
      dead.push_back(found->second->first_row + static_cast<RowId>(position.position));
    }
    serving->AddDead(dead);
  }
  auto sidecar = OpenSidecar(context, index, *serving, options);
  if (!sidecar) return sidecar.error();
  LH_TRY(serving->Begin(std::move(sidecar).Take()));
  return serving;
}

Result<std::unique_ptr<VectorIndex>> GenerationStore::OpenSidecar(const Context& context, const StoredIndex& index, const Serving& serving,
                                                                  const IndexOptions& options) {
  std::vector<storage::ObjectInfo> found;
  for (storage::ObjectInfo& object : LH_TRY(ListAll(context, FolderOf(index) + "gen-")))
    if (RowsOfSidecarKey(object.key)) found.push_back(std::move(object));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return VersionOfKey(a.key) > VersionOfKey(b.key); });
  for (const storage::ObjectInfo& object : found) {
    const auto digest = index.DigestOf(*RowsOfSidecarKey(object.key));
    if (!digest) continue;
    std::optional<std::string> path = parts_.store.LocalPath(object.key);
    std::optional<ScratchFile> copy;
    if (!path) {
      copy.emplace(ScratchFile{ScratchPath(".lhv")});
      if (!parts_.store.GetToFile(context, object.key, copy->path)) continue;
      path = copy->path;
    }
    auto opened = VectorIndex::Open(*path, *digest, index.spec, serving.source(), options);
    if (opened) return opened;
    parts_.log.Warning("a saved vector index is of no use and is built anew",
                       {{"index", index.name}, {"key", object.key}, {"error", opened.error().ToString()}});
  }
  return std::unique_ptr<VectorIndex>();
}

Result<std::string> GenerationStore::NewDataKey(const Context& context, const StoredIndex& index) {
  const std::int64_t epoch = LH_TRY(parts_.catalog.LoadStatus(context, {})).epoch;
  const auto id = [&] { return NewUuid(parts_.clock, parts_.random).ToString(); };
  return storage::InBucket(index.bucket, FolderOf(index) + "gen-" + std::to_string(index.version + 1) + "-" + id() + "/" +
                                             std::to_string(epoch) + "-" + id() + ".parquet");
}

Result<catalog::DataFile> GenerationStore::Upload(const Context& context, const std::string& key, catalog::FileContent content,
                                                  std::int64_t rows,
                                                  const std::function<Result<WrittenParquet>(const std::string& path)>& write) {
  const ScratchFile file{ScratchPath(".parquet")};
  const WrittenParquet written = LH_TRY_WHILE(write(file.path), "write " + key);
  LH_TRY_WHILE(parts_.store.PutFileIfAbsent(context, key, file.path), "store " + key);
  LH_TRY(after_generation_put.Hit());
  return catalog::DataFile{content, key, written.size_bytes, written.sha256, rows, {}};
}

Result<StoredIndex> GenerationStore::Append(const Context& context, const StoredIndex& before, std::uint64_t log_sequence,
                                            std::uint32_t rows, const std::function<EmbeddingRow(std::uint32_t)>& row,
                                            const std::string& key, const std::vector<RowId>& dead) {
  catalog::SnapshotChange change;
  change.operation = catalog::Operation::kUpsert;
  StoredIndex ahead = before;
  if (rows > 0) {
    change.add.push_back(LH_TRY(Upload(context, key, catalog::FileContent::kData, rows,
                                       [&](const std::string& path) { return WriteEmbeddings(path, before.spec.dimension, rows, row); })));
    ahead.files.push_back({key, before.rows(), rows});
  }
  if (!dead.empty()) {
    std::vector<RowPosition> positions;
    for (const RowId one : dead) positions.push_back(ahead.PositionOf(one));
    std::sort(positions.begin(), positions.end());
    catalog::DataFile deletes = LH_TRY(Upload(context, LH_TRY(NewDataKey(context, before)), catalog::FileContent::kPositionDeletes,
                                              static_cast<std::int64_t>(positions.size()),
                                              [&](const std::string& path) { return WritePositions(path, positions); }));
    deletes.statistics = {{kDeletedFileField, 0, positions.front().file_key, positions.back().file_key}};
    change.add.push_back(std::move(deletes));
  }
  change.summary = {{catalog::kGenerationSummary, std::to_string(log_sequence)}};
  change.attributes = {{std::string(kSequenceKey), std::to_string(log_sequence)}};
  return Commit(context, before, std::move(change), "vector.generation");
}

Result<StoredIndex> GenerationStore::Replace(const Context& context, const StoredIndex& before, std::uint64_t log_sequence,
                                             std::uint32_t rows, const std::function<EmbeddingRow(std::uint32_t)>& row) {
  catalog::SnapshotChange change;
  change.operation = catalog::Operation::kUpsert;
  for (const catalog::DataFile& file : before.data) change.remove.push_back(file.key);
  for (const catalog::DataFile& file : before.deletes) change.remove.push_back(file.key);
  if (rows > 0)
    change.add.push_back(LH_TRY(Upload(context, LH_TRY(NewDataKey(context, before)), catalog::FileContent::kData, rows,
                                       [&](const std::string& path) { return WriteEmbeddings(path, before.spec.dimension, rows, row); })));
  change.summary = {{catalog::kGenerationSummary, std::to_string(log_sequence)}, {"rewritten", "true"}};
  change.attributes = {{std::string(kSequenceKey), std::to_string(log_sequence)}};
  return Commit(context, before, std::move(change), "vector.compact");
}

Result<StoredIndex> GenerationStore::SetAttributes(const Context& context, const StoredIndex& before,
                                                   std::map<std::string, std::string> attributes) {
  catalog::SnapshotChange change;
  change.operation = catalog::Operation::kUpsert;
  change.attributes = std::move(attributes);
  return Commit(context, before, std::move(change), "vector.configure");
}

Result<StoredIndex> GenerationStore::Commit(const Context& context, const StoredIndex& before, catalog::SnapshotChange change,
                                            const std::string& kind) {
  change.dataset = DatasetOf(before.name);
  change.base_version = before.version;
  catalog::CommitRequest request;
  request.changes.push_back(std::move(change));
  request.events.push_back({"index:" + before.name, kind, {}});
  request.idempotency = {{"vector-generation-" + NewUuid(parts_.clock, parts_.random).ToString(), "generation"}};
  LH_TRY(before_generation_commit.Hit());
  auto committed = parts_.catalog.Commit(context, request);
  for (int i = 1; i < kCommitTries && !committed && committed.error().code() == ErrorCode::kOutcomeUnknown; ++i)
    committed = parts_.catalog.Commit(context, request);
  if (!committed && committed.error().code() == ErrorCode::kNotFound) return NoSuchIndex(before.name);  // deleted meanwhile
  LH_TRY_WHILE(std::move(committed), "commit a generation of index " + before.name);
  LH_TRY(after_generation_commit.Hit());
  return Load(context, before.name);
}

Status GenerationStore::PutSidecar(const Context& context, const StoredIndex& index, std::uint32_t rows, const std::string& path) {
  LH_TRY(before_sidecar_put.Hit());
  const std::string key = FolderOf(index) + "gen-" + std::to_string(index.version) + "-" + NewUuid(parts_.clock, parts_.random).ToString() +
                          "/index-" + std::to_string(rows) + ".lhv";
  LH_TRY_WHILE(parts_.store.PutFileIfAbsent(context, key, path), "store " + key);
  return after_sidecar_put.Hit();
}

Status GenerationStore::RemoveLeftovers(const Context& context, const StoredIndex& index) {
  const std::string prefix = BatchPrefix(index.name, index.life);
  for (const storage::ObjectInfo& object : LH_TRY(ListAll(context, FolderOf(index) + "log/"))) {
    const auto sequence = SequenceOfBatchKey(object.key, prefix);
    if (sequence && *sequence > index.log_sequence) continue;
    LH_TRY(before_batch_delete.Hit());
    LH_TRY(parts_.store.Delete(context, object.key));
  }
  std::vector<storage::ObjectInfo> sidecars;
  for (storage::ObjectInfo& object : LH_TRY(ListAll(context, FolderOf(index) + "gen-"))) {
    const auto rows = RowsOfSidecarKey(object.key);
    if (!rows) continue;
    if (index.DigestOf(*rows))
      sidecars.push_back(std::move(object));
    else
      LH_TRY(parts_.store.Delete(context, object.key));
  }
  std::sort(sidecars.begin(), sidecars.end(), [](const auto& a, const auto& b) { return VersionOfKey(a.key) > VersionOfKey(b.key); });
  for (std::size_t i = kSidecarsKept; i < sidecars.size(); ++i) LH_TRY(parts_.store.Delete(context, sidecars[i].key));
  return Ok{};
}

Status GenerationStore::RemoveOrphans(const Context& context) {
  // First the objects, then the names: what was made in between is not in the first list.
  const std::vector<storage::ObjectInfo> objects = LH_TRY(ListAll(context, "_vectors/"));
  if (objects.empty()) return Ok{};
  const std::vector<std::string> names = LH_TRY(List(context));
  for (const storage::ObjectInfo& object : objects) {
    const std::string_view rest = std::string_view(object.key).substr(std::string_view("_vectors/").size());
    const std::string_view name = rest.substr(0, rest.find('/'));
    const bool is_derived = rest.substr(name.size()).starts_with("/log/") || RowsOfSidecarKey(object.key);
    if (!is_derived || std::find(names.begin(), names.end(), name) != names.end()) continue;
    LH_TRY(parts_.store.Delete(context, object.key));
  }
  return Ok{};
}

}  // namespace lakehouse::vector
