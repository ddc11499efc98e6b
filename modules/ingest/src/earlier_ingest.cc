#include "earlier_ingest.h"

#include <cstdlib>

#include "dataset_rules.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kSearched = 2'000;

std::string Entry(const catalog::Snapshot& snapshot, const char* key) {
  const auto found = snapshot.summary.find(key);
  return found == snapshot.summary.end() ? std::string() : found->second;
}
std::int64_t Count(const catalog::Snapshot& snapshot, const char* key) { return std::strtoll(Entry(snapshot, key).c_str(), nullptr, 10); }

}  // namespace

Result<std::optional<EarlierIngest>> FindEarlierIngest(const Context& context, catalog::Catalog& catalog, const catalog::Dataset& dataset,
                                                       const IngestedAs& wanted, Mode mode) {
  const bool head_only = mode == Mode::kReplace || mode == Mode::kUpsert;
  catalog::HistoryRequest page;
  page.name = dataset.name;
  page.limit = head_only ? 8 : 100;
  for (std::int64_t seen = 0; seen < kSearched;) {
    const auto answer = LH_TRY(catalog.History(context, page));
    for (const catalog::Snapshot& snapshot : answer.snapshots) {
      ++seen;
      page.before_version = snapshot.version;
      if (Entry(snapshot, kSummaryDigest) == wanted.sha256 && Entry(snapshot, kSummaryColumns) == wanted.choices &&
          (mode != Mode::kReplace || snapshot.operation == catalog::Operation::kReplace ||
           snapshot.operation == catalog::Operation::kCreate))
        return std::optional(EarlierIngest{snapshot, Count(snapshot, kSummaryRead), Count(snapshot, kSummaryLoaded),
                                           Count(snapshot, kSummaryRejected), Entry(snapshot, kSummaryFormat)});
      const auto operation = snapshot.operation;
      // These change no row.
      if (operation == catalog::Operation::kCompact || snapshot.summary.contains(kSummaryRules)) continue;
      if (head_only || operation == catalog::Operation::kReplace || operation == catalog::Operation::kRestore ||
          operation == catalog::Operation::kCreate)
        return std::optional<EarlierIngest>();
    }
    if (!answer.more) break;
  }
  return std::optional<EarlierIngest>();
}

Result<std::optional<std::string>> FindPosition(const Context& context, catalog::Catalog& catalog, const std::string& dataset,
                                                const std::string& source, const std::string& grows) {
  catalog::HistoryRequest page;
  page.name = dataset;
  page.limit = 100;
  for (;;) {
    const auto answer = LH_TRY(catalog.History(context, page));
    for (const catalog::Snapshot& snapshot : answer.snapshots) {
      page.before_version = snapshot.version;
      if (Entry(snapshot, kSummarySource) == source && Entry(snapshot, kSummaryGrows) == grows)
        return std::optional(Entry(snapshot, kSummaryGrownTo));
      using enum catalog::Operation;
      if (snapshot.operation == kReplace || snapshot.operation == kRestore || snapshot.operation == kCreate)
        return std::optional<std::string>();
    }
    if (!answer.more || answer.snapshots.empty()) return std::optional<std::string>();
  }
}

}  // namespace lakehouse::ingest
