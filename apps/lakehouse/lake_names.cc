#include "lake_names.h"

#include <chrono>

namespace lakehouse::app {
namespace {

constexpr std::int64_t kPatienceMs = 2'000;  // somebody has pressed a key
constexpr std::int64_t kFreshMs = 5'000;     // others ingest too

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

const std::vector<TableNames>& LakeNames::Tables() {
  const std::int64_t now = NowMs();
  if (now - asked_at_ms_ < kFreshMs && of_snapshot_ == snapshot_) return tables_;
  asked_at_ms_ = now;
  of_snapshot_ = snapshot_;
  std::vector<TableNames> found;
  const Status asked = client_.EachDataset(
      [&](JsonView dataset) -> Status {
        TableNames table{TextOf(dataset, "name"), {}};
        const JsonView schema = dataset.Find("head").value_or(JsonView()).Find("schema").value_or(JsonView());
        LH_TRY(schema.Find("columns").value_or(JsonView()).ForEachElement([&](JsonView column) -> Status {
          table.columns.push_back(TextOf(column, "name"));
          return Ok{};
        }));
        found.push_back(std::move(table));
        return Ok{};
      },
      kPatienceMs);
  if (asked) tables_ = std::move(found);
  return tables_;
}

void LakeNames::Saw(const net::HttpClient::Response& response) {
  for (const auto& header : response.headers)
    if (header.name == "X-Lakehouse-Snapshot" || header.name == "x-lakehouse-snapshot") snapshot_ = header.value;
}

}  // namespace lakehouse::app
