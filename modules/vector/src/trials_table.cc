#include "lakehouse/vector/trials_table.h"

#include <algorithm>

#include "generation_store.h"

namespace lakehouse::vector {
namespace {

using catalog::SystemCell;
using catalog::SystemColumn;
using catalog::SystemRow;

constexpr std::int64_t kMostTrials = 1'000;

template <typename T>
SystemCell IntegerOrNull(const std::optional<T>& value) {
  return value ? SystemCell(static_cast<std::int64_t>(*value)) : SystemCell();
}
SystemCell NumberOrNull(const std::optional<double>& value) { return value ? SystemCell(*value) : SystemCell(); }
SystemCell TextOrNull(const std::optional<std::string>& value) { return value ? SystemCell(*value) : SystemCell(); }
SystemCell Integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

SystemRow RowOf(const Trial& trial) {
  return {trial.id,
          trial.index,
          trial.origin,
          TextOrNull(trial.run),
          NumberOrNull(trial.min_recall),
          trial.principal,
          trial.time_micros,
          NumberOrNull(trial.config.target_recall),
          IntegerOrNull(trial.config.lists),
          IntegerOrNull(trial.config.seed),
          Integer(trial.items),
          Integer(trial.queries),
          Integer(trial.k),
          trial.recall,
          trial.p50_us,
          trial.p99_us,
          trial.build_ms,
          Integer(trial.memory_bytes),
          trial.mode,
          Integer(trial.lists),
          Integer(trial.probe),
          Integer(trial.rescore)};
}

class TrialsTable final : public catalog::SystemTable {
 public:
  explicit TrialsTable(Vectors& vectors) : vectors_(vectors) {}
  std::string_view name() const override { return "trials"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {
        {"id", "VARCHAR"},         {"index_name", "VARCHAR"},  {"origin", "VARCHAR"}, {"run", "VARCHAR"},
        {"min_recall", "DOUBLE"},  {"principal", "VARCHAR"},   {"time", "TIMESTAMP"}, {"asked_target_recall", "DOUBLE"},
        {"asked_lists", "BIGINT"}, {"asked_seed", "BIGINT"},   {"items", "BIGINT"},   {"queries", "BIGINT"},
        {"k", "BIGINT"},           {"recall", "DOUBLE"},       {"p50_us", "DOUBLE"},  {"p99_us", "DOUBLE"},
        {"build_ms", "DOUBLE"},    {"memory_bytes", "BIGINT"}, {"mode", "VARCHAR"},   {"lists", "BIGINT"},
        {"probe", "BIGINT"},       {"rescore", "BIGINT"},
    };
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    std::vector<SystemRow> rows;
    for (const Trial& trial : LH_TRY(vectors_.ListTrials(context, {"", std::clamp<std::int64_t>(limit, 1, kMostTrials)})).trials)
      if (!sight.restricted() || sight.SeesWhole(DatasetOf(trial.index))) rows.push_back(RowOf(trial));
    return rows;
  }

 private:
  Vectors& vectors_;
};

}  // namespace

std::unique_ptr<catalog::SystemTable> MakeTrialsTable(Vectors& vectors) { return std::make_unique<TrialsTable>(vectors); }

}  // namespace lakehouse::vector
