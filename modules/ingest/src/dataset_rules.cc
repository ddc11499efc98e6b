#include "dataset_rules.h"

#include "expectation.h"
#include "expectation_types.h"
#include "ingest_wire.h"
#include "refused_loads.h"
#include "schema_drift.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kSearchedVersions = 100;  // versions, for the newest that was checked
constexpr std::size_t kRefusedLoads = 20;

std::string AttributeOf(const catalog::Dataset& dataset, const char* key, const char* otherwise) {
  const auto found = dataset.attributes.find(key);
  return found == dataset.attributes.end() ? otherwise : found->second;
}

}  // namespace

Result<LoadRulesResponse> LoadRules(const Context& context, IngestParts& parts, const LoadRulesRequest& request) {
  const catalog::Dataset dataset = LH_TRY(parts.catalog.Describe(context, {request.name, {}})).dataset;
  LoadRulesResponse response;
  response.name = dataset.name;
  response.rules = {AttributeOf(dataset, kDriftAttribute, "refuse"), AttributeOf(dataset, kExpectationsAttribute, "")};
  response.version = dataset.head.version;
  const auto history = LH_TRY(parts.catalog.History(context, {dataset.name, {}, kSearchedVersions}));
  for (const catalog::Snapshot& snapshot : history.snapshots) {
    const auto found = snapshot.summary.find(kSummaryExpectations);
    if (found == snapshot.summary.end()) continue;
    auto results = DecodeJson<std::vector<ExpectationResult>>(found->second);
    if (results) response.results = std::move(results).Take();
    response.checked_version = snapshot.version;
    break;
  }
  if (parts.error_archive != nullptr)
    for (RefusedLoadOf& one : FindRefusedLoads(context, *parts.error_archive, dataset.name, kRefusedLoads))
      response.refused.push_back(std::move(one.load));
  return response;
}

Result<LoadRulesResponse> PutRules(const Context& context, IngestParts& parts, const PutRulesRequest& request) {
  const catalog::Dataset dataset = LH_TRY(parts.catalog.Describe(context, {request.name, {}})).dataset;
  catalog::SnapshotChange change;
  change.dataset = dataset.name;
  change.operation = catalog::Operation::kAppend;
  std::string changed;
  const auto set = [&](const char* key, const std::string& value) {
    if (AttributeOf(dataset, key, "") == value) return;
    change.attributes[key] = value;
    changed += (changed.empty() ? "" : ", ") + std::string(key);
  };
  if (request.drift) {
    if (!ParseDriftPolicy(*request.drift))
      return Error(ErrorCode::kInvalidArgument, "drift is \"" + *request.drift + "\"; refuse, add, widen and any are known")
          .Named("bad_drift");
    set(kDriftAttribute, *request.drift == "refuse" ? "" : *request.drift);
  }
  if (request.expectations) {
    LH_TRY(FitExpectations(LH_TRY(ParseExpectations(*request.expectations)), dataset.head.schema.columns));
    set(kExpectationsAttribute, *request.expectations);
  }
  if (!changed.empty()) {
    change.summary[kSummaryRules] = changed;
    catalog::CommitRequest commit;
    commit.events.push_back({"dataset:" + dataset.name, "ingest.rules", {{"changed", changed}}});
    commit.changes.push_back(std::move(change));
    LH_TRY(parts.catalog.Commit(context, commit));
  }
  return LoadRules(context, parts, {dataset.name});
}

}  // namespace lakehouse::ingest
