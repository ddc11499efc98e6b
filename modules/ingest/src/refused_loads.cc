#include "refused_loads.h"

#include <cstdint>

#include "ingest_wire.h"
#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::ingest {
namespace {

struct RefusalDetails {
  std::string job;
  std::string file_name;
  std::vector<ExpectationResult> results;
};
BOOST_DESCRIBE_STRUCT(RefusalDetails, (), (job, file_name, results))

bool IsOfRules(std::string_view reason) { return reason == "expectation_failed" || reason == "schema_conflict"; }

}  // namespace

std::optional<Error> RefusalToRecord(const Job& job, const IngestRequest& request, const Error& error) {
  if (request.preview || !IsOfRules(error.reason())) return std::nullopt;
  return Error(error.code(), error.message())
      .Named(std::string(error.reason()))
      .WithDetails(EncodeJson(RefusalDetails{job.id, job.file_name, job.expectations}))
      .While("load " + job.file_name);
}

std::vector<RefusedLoadOf> FindRefusedLoads(const Context& context, storage::ErrorArchive& archive, const std::string& dataset,
                                            std::size_t most) {
  std::vector<RefusedLoadOf> loads;
  storage::ErrorJournal::Query everything;
  everything.limit = SIZE_MAX;
  const std::vector<storage::ErrorRecord> records = archive.Find(context, everything).records;
  const std::string name = catalog::FoldName(dataset);
  for (auto record = records.rbegin(); record != records.rend() && loads.size() < most; ++record) {
    if (record->service != "ingestd" || !IsOfRules(record->kind)) continue;
    if (name.empty() ? !record->details : catalog::FoldName(record->object) != name) continue;
    // What is longer than the journal keeps is missing, not the load.
    auto kept = DecodeJson<RefusalDetails>(record->details.value_or(""));
    RefusalDetails details = kept ? std::move(kept).Take() : RefusalDetails();
    loads.push_back({record->object,
                     {record->time_micros, std::move(details.job), std::move(details.file_name), record->kind, record->message,
                      std::move(details.results)}});
  }
  return loads;
}

}  // namespace lakehouse::ingest
