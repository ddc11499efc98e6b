#include "lakehouse/catalog/inspect.h"

#include "checkpoint.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/storage/quarantine.h"
#include "lakehouse/storage/sealed_json.h"
#include "manifest.h"
#include "record_wire.h"
#include "segment.h"
#include "upkeep_keys.h"

namespace lakehouse::catalog {
namespace {

std::string Line(std::string_view name, const std::string& value) { return std::string(name) + ": " + value + "\n"; }

std::string DumpChange(const ChangeRecord& change) {
  if (change.snapshot) {
    const SnapshotRecord& s = *change.snapshot;
    return "    " + std::string(WireName(s.operation)) + " " + s.dataset + " version " + std::to_string(s.version) + ": " +
           std::to_string(s.rows) + " rows, " + std::to_string(s.file_count) + " files, " + std::to_string(s.size_bytes) + " bytes" +
           (s.manifest ? ", manifest " + s.manifest->key : "") + "\n";
  }
  if (change.drop) return "    drop " + change.drop->dataset + " at version " + std::to_string(change.drop->version) + "\n";
  if (change.epoch) return "    epoch of writer " + change.epoch->writer + " in lake " + change.epoch->lake_id + "\n";
  const auto keys = [](std::string_view what, const KeysRecord& record) {
    std::string text = "    " + std::string(what) + "\n";
    for (const std::string& key : record.keys) text += "      " + key + "\n";
    return text;
  };
  if (change.condemned) return keys("condemned", *change.condemned);
  if (change.deleted) return keys("deleted", *change.deleted);
  if (change.erased) return keys("erased", *change.erased);
  // Small ones are shown as they stand in the record.
  if (change.tag) return Line("    tag", EncodeJson(*change.tag));
  if (change.retention) return Line("    retention", EncodeJson(*change.retention));
  if (change.expired) return Line("    expired", EncodeJson(*change.expired));
  return change.access ? Line("    access", EncodeJson(*change.access)) : std::string();
}

std::string DumpRecord(const CommitRecord& record, std::string_view octets) {
  std::string text = "commit record " + std::to_string(record.header.seq) + "\n";
  text += Line("  epoch", std::to_string(record.header.epoch)) + Line("  time", FormatTime(record.header.time)) +
          Line("  previous", record.header.prev_sha256) + Line("  sha256 of the object", Sha256Hex(octets));
  for (const Transaction& transaction : record.txns) {
    text += "  commit " + transaction.commit_id + " by " + transaction.principal + "\n";
    if (transaction.idempotency) text += Line("    idempotency key", transaction.idempotency->key);
    for (const ChangeRecord& change : transaction.changes) text += DumpChange(change);
    for (const Event& event : transaction.events)
      text += "    event " + event.kind + " on " + event.entity + " " + EncodeJson(event.fields) + "\n";
  }
  return text;
}

std::string DumpManifest(const FileList& files) {
  const FileTotals totals = TotalsOf(files);
  std::string text = "manifest of " + std::to_string(totals.file_count) + " files, " + std::to_string(totals.rows) + " rows, " +
                     std::to_string(totals.size_bytes) + " bytes\n";
  for (const DataFile& file : files)
    text += "  " + std::string(WireName(file.content)) + " " + file.key + " " + std::to_string(file.size_bytes) + " bytes " +
            std::to_string(file.rows) + " rows sha256 " + file.sha256 + "\n";
  return text;
}

std::string DumpRows(const SmallTable& table) {
  constexpr std::size_t kShown = 200;
  std::string text;
  for (const auto& row : table.rows) {
    for (const SmallTable::Cell& cell : row) {
      if (const auto* number = std::get_if<std::int64_t>(&cell))
        text += std::to_string(*number) + " ";
      else if (const auto* words = std::get_if<std::string>(&cell))
        text += words->substr(0, kShown) + (words->size() > kShown ? "… " : " ");
    }
    text.back() = '\n';
  }
  return text;
}

std::string_view FromPrefix(std::string_view path, std::string_view prefix) {
  const std::size_t at = path.rfind(prefix);
  return at == std::string_view::npos ? std::string_view() : path.substr(at);
}

}  // namespace

Result<std::string> InspectCatalogObject(const Context& context, TableCodec& codec, std::string_view key, std::string_view octets) {
  if (!FromPrefix(key, kLogPrefix).empty()) return DumpRecord(LH_TRY(DecodeRecord(octets)), octets);
  if (const auto name = ParseSegmentKey(FromPrefix(key, kSegmentPrefix))) {
    std::string text = "segment of records " + std::to_string(name->first) + " to " + std::to_string(name->last) + "\n";
    for (const std::string& record : LH_TRY(DecodeSegment(context, codec, *name, octets)))
      text += DumpRecord(LH_TRY(DecodeRecord(record)), record);
    return text;
  }
  if (!FromPrefix(key, kPartPrefix).empty())
    return "part of a checkpoint\n" + DumpRows(LH_TRY(DecodeCheckpointTable(context, codec, octets)));
  if (const auto name = ParseCheckpointKey(FromPrefix(key, kCheckpointPrefix)))
    return "checkpoint of record " + std::to_string(name->sequence) + "\n" +
           DumpRows(LH_TRY(DecodeCheckpointTable(context, codec, octets)));
  if (!FromPrefix(key, kBoundaryKey).empty()) return Line("boundary", std::to_string(LH_TRY(DecodeBoundary(octets))));
  if (!FromPrefix(key, kFormatKey).empty()) {
    const LakeFormat format = LH_TRY(DecodeFormat(octets));
    return Line("lake", format.lake_id) + Line("layout", std::to_string(format.layout_version));
  }
  const auto sealed = [&](std::string_view what, std::string_view prefix) -> Result<std::string> {
    if (FromPrefix(key, prefix).empty()) return std::string();
    LH_TRY(storage::UnsealJson(octets));
    return std::string(what) + ", sound\n" + std::string(octets) + "\n";
  };
  for (const auto& [what, prefix] :
       {std::pair("mark of the quarantine", storage::kQuarantinePrefix), std::pair("last scrub", std::string_view(kLastScrubKey)),
        std::pair("last collection of garbage", std::string_view(kLastCollectionKey))})
    if (std::string text = LH_TRY(sealed(what, prefix)); !text.empty()) return text;
  if (key.find("/manifest/") != std::string_view::npos) return DumpManifest(LH_TRY(DecodeManifest(context, codec, octets)));
  return Error(ErrorCode::kInvalidArgument, "\"" + std::string(key) + "\" is no object of the catalog");
}

}  // namespace lakehouse::catalog
