#include "log_batch.h"

#include <array>
#include <charconv>
#include <cstring>

#include "lakehouse/base/hash.h"
#include "lakehouse/vector/vector_types.h"
#include "lakehouse/vector/vectors_types.h"

namespace lakehouse::vector {
namespace {

constexpr std::string_view kMagic = "LHVBATCH";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 56;
constexpr std::size_t kSumBytes = 4;
constexpr std::size_t kSequenceDigits = 20;

enum ChangeKind : std::uint8_t { kUpsertKeepingMetadata = 0, kUpsert = 1, kRemoval = 2 };

template <typename T>
void Append(std::string& out, T value) {
  char octets[sizeof value];
  std::memcpy(octets, &value, sizeof value);
  out.append(octets, sizeof value);
}

Error DamagedBatch(const std::string& what) {
  return Error(ErrorCode::kCorruption, "vector batch: " + what + ". It is not what was written; restore the object from a copy")
      .Named("batch_damaged");
}

/// Reads from the front, and remembers when there was too little.
class Octets {
 public:
  explicit Octets(std::string_view octets) : rest_(octets) {}
  template <typename T>
  T Take() {
    T value{};
    const std::string_view taken = TakeText(sizeof value);
    if (taken.size() == sizeof value) std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }
  std::string_view TakeText(std::size_t size) {
    if (size > rest_.size()) {
      short_ = true;
      rest_ = {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool is_short() const { return short_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool short_ = false;
};

Result<ItemChange> TakeChange(Octets& octets, std::uint32_t dimension) {
  ItemChange change;
  const auto kind = octets.Take<std::uint8_t>();
  if (kind > kRemoval) return DamagedBatch("a change of kind " + std::to_string(kind));
  const auto id_bytes = octets.Take<std::uint32_t>();
  if (id_bytes == 0 || id_bytes > kMaxIdBytes) return DamagedBatch("an id of " + std::to_string(id_bytes) + " octets");
  change.id = octets.TakeText(id_bytes);
  change.is_removal = kind == kRemoval;
  if (kind == kUpsert) {
    const auto metadata_bytes = octets.Take<std::uint32_t>();
    if (metadata_bytes > kMaxMetadataBytes) return DamagedBatch("metadata of " + std::to_string(metadata_bytes) + " octets");
    change.metadata = std::string(octets.TakeText(metadata_bytes));
  }
  if (!change.is_removal) {
    const std::string_view values = octets.TakeText(dimension * sizeof(float));
    change.vector.resize(values.size() / sizeof(float));
    if (!values.empty()) std::memcpy(change.vector.data(), values.data(), change.vector.size() * sizeof(float));
  }
  if (octets.is_short()) return DamagedBatch("it ends within a change");
  return change;
}

}  // namespace

std::size_t EncodedBytes(const ItemChange& change) {
  return 5 + change.id.size() + (change.metadata ? 4 + change.metadata->size() : 0) + change.vector.size() * sizeof(float);
}

std::string EncodeBatch(const LogBatch& batch) {
  std::size_t body = 0;
  for (const ItemChange& change : batch.changes) body += EncodedBytes(change);
  std::string out(kMagic);
  out.reserve(kHeaderBytes + body + kSumBytes);
  Append(out, kVersion);
  Append(out, batch.dimension);
  out.append(reinterpret_cast<const char*>(batch.life.octets().data()), batch.life.octets().size());
  Append(out, batch.sequence);
  Append(out, std::uint64_t{body});
  Append(out, static_cast<std::uint32_t>(batch.changes.size()));
  Append(out, std::uint32_t{0});
  for (const ItemChange& change : batch.changes) {
    const ChangeKind kind = change.is_removal ? kRemoval : change.metadata ? kUpsert : kUpsertKeepingMetadata;
    Append(out, static_cast<std::uint8_t>(kind));
    Append(out, static_cast<std::uint32_t>(change.id.size()));
    out += change.id;
    if (kind == kUpsert) {
      Append(out, static_cast<std::uint32_t>(change.metadata->size()));
      out += *change.metadata;
    }
    out.append(reinterpret_cast<const char*>(change.vector.data()), change.vector.size() * sizeof(float));
  }
  Append(out, Crc32c(out));
  return out;
}

Result<LogBatch> DecodeBatch(std::string_view octets) {
  if (octets.size() < kHeaderBytes + kSumBytes) return DamagedBatch("it has " + std::to_string(octets.size()) + " octets only");
  Octets header(octets.substr(0, kHeaderBytes));
  if (header.TakeText(kMagic.size()) != kMagic) return DamagedBatch("it does not begin with " + std::string(kMagic));
  if (const auto version = header.Take<std::uint32_t>(); version != kVersion)
    return Error(ErrorCode::kUnprocessable, "vector batch: it is of version " + std::to_string(version) + ", this program reads version 1")
        .Named("batch_version");
  LogBatch batch;
  batch.dimension = header.Take<std::uint32_t>();
  std::array<unsigned char, 16> life{};
  std::memcpy(life.data(), header.TakeText(life.size()).data(), life.size());
  batch.life = Uuid(life);
  batch.sequence = header.Take<std::uint64_t>();
  const auto body_bytes = header.Take<std::uint64_t>();
  const auto count = header.Take<std::uint32_t>();
  if (header.Take<std::uint32_t>() != 0) return DamagedBatch("octets that must be zero are not");
  if (body_bytes != octets.size() - kHeaderBytes - kSumBytes)
    return DamagedBatch("it has " + std::to_string(octets.size()) + " octets, its header says " +
                        std::to_string(body_bytes + kHeaderBytes + kSumBytes));
  const std::string_view checked = octets.substr(0, octets.size() - kSumBytes);
  if (Octets(octets.substr(checked.size())).Take<std::uint32_t>() != Crc32c(checked)) return DamagedBatch("its checksum is another");
  if (batch.dimension == 0 || batch.dimension > kMaxDimension) return DamagedBatch("dimension " + std::to_string(batch.dimension));
  Octets body(checked.substr(kHeaderBytes));
  for (std::uint32_t i = 0; i < count && !body.is_short(); ++i) batch.changes.push_back(LH_TRY(TakeChange(body, batch.dimension)));
  if (!body.empty()) return DamagedBatch("something follows the last change");
  return batch;
}

std::string DescribeBatch(const LogBatch& batch) {
  std::string text = "batch " + std::to_string(batch.sequence) + " of index life " + batch.life.ToString() + ", dimension " +
                     std::to_string(batch.dimension) + ", " + std::to_string(batch.changes.size()) + " changes\n";
  for (const ItemChange& change : batch.changes) {
    text += (change.is_removal ? "remove " : "upsert ") + change.id;
    if (change.metadata) text += " metadata " + change.metadata->substr(0, 120);
    for (std::size_t i = 0; i < change.vector.size() && i < 4; ++i) text += (i == 0 ? " [" : ", ") + std::to_string(change.vector[i]);
    if (!change.vector.empty()) text += change.vector.size() > 4 ? ", …]" : "]";
    text += "\n";
  }
  return text;
}

std::string BatchPrefix(std::string_view index, const Uuid& life) {
  return "_vectors/" + std::string(index) + "/log/" + life.ToString() + "-";
}

std::string BatchKey(std::string_view index, const Uuid& life, std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return BatchPrefix(index, life) + std::string(kSequenceDigits - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> SequenceOfBatchKey(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || key.size() != prefix.size() + kSequenceDigits) return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(key.data() + prefix.size(), key.data() + key.size(), sequence);
  if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
  return sequence;
}

}  // namespace lakehouse::vector
