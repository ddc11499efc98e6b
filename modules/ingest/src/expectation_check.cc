#include "expectation_check.h"

#include <algorithm>
#include <cmath>

#include "column_names.h"
#include "expectation_types.h"
#include "ingest_wire.h"
#include "lakehouse/base/sql_quote.h"
#include "lakehouse/query/table_view.h"

namespace lakehouse::ingest {
namespace {

class Checker {
 public:
  Checker(const Context& context, IngestParts& parts, sandbox::Worker& worker, TableBuilder& builder, const RowsToCome& rows)
      : context_(context),
        parts_(parts),
        worker_(worker),
        builder_(builder),
        rows_(rows),
        new_rows_(builder.SelectFiles(rows.files, rows.columns)) {}

  Result<ExpectationResult> Check(const Expectation& expectation) {
    ExpectationResult result;
    result.rule = WireName(expectation.rule);
    result.column = expectation.column;
    result.mostly = expectation.mostly;
    result.refuses = expectation.refuses;
    const auto counts = builder_.QueryCounts(context_, LH_TRY(StatementFor(expectation)));
    if (!counts) {
      if (counts.error().code() != ErrorCode::kInvalidArgument && counts.error().code() != ErrorCode::kUnprocessable) return counts.error();
      return Bad(expectation, counts.error().message());
    }
    result.checked = counts->at(0);
    result.failed = counts->at(1);
    // 1 - 0.9 is a little less than 0.1: what is lost there is given back, but where all must hold not one may fail of any number.
    const double allowed = (1 - expectation.mostly) * static_cast<double>(result.checked);
    result.passed = static_cast<double>(result.failed) <= allowed * (1 + 1e-8);
    return result;
  }

 private:
  static Error Bad(const Expectation& expectation, const std::string& why) {
    return Error(ErrorCode::kUnprocessable, "the expectation " + std::string(WireName(expectation.rule)) + " of " +
                                                (expectation.column.empty() ? "the dataset" : expectation.column) +
                                                " cannot be checked: " + why + ". Mend the dataset's rules.")
        .Named("bad_expectation");
  }

  Result<const catalog::Column*> ColumnOf(const Expectation& expectation) const {
    for (const catalog::Column& column : rows_.columns)
      if (FoldColumnName(column.name) == FoldColumnName(expectation.column)) return &column;
    return Bad(expectation, "there is no such column");
  }

  /// A SELECT of how many were looked at, and how many of them failed.
  Result<std::string> StatementFor(const Expectation& expectation) {
    const auto counts = [](const std::string& all, const std::string& failed, const std::string& from) {
      return "SELECT count(*)" + (all.empty() ? "" : " FILTER (" + all + ")") + ", count(*) FILTER (" + failed + ") FROM (" + from + ")";
    };
    if (expectation.rule == ExpectationRule::kRowCount) {
      const std::string bounds = Outside("n", "BIGINT", expectation);
      return "SELECT n, CASE WHEN " + bounds + " THEN 1 ELSE 0 END FROM (SELECT count(*) AS n FROM (" + LH_TRY(After()) + "))";
    }
    const catalog::Column& column = *LH_TRY(ColumnOf(expectation));
    const std::string name = QuoteName(column.name);
    const std::string has_value = name + " IS NOT NULL";
    switch (expectation.rule) {
      case ExpectationRule::kNotNull: return counts("", name + " IS NULL", new_rows_);
      case ExpectationRule::kUnique:
        return "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (n > 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM (" +
               LH_TRY(After()) + ") WHERE " + has_value + " GROUP BY " + name + ")";
      case ExpectationRule::kRange: return counts(has_value, Outside(name, column.type, expectation), new_rows_);
      case ExpectationRule::kRegex:
        return counts(has_value, "NOT regexp_matches(CAST(" + name + " AS VARCHAR), " + QuoteText(expectation.pattern) + ")", new_rows_);
      case ExpectationRule::kForeignKey:
        return counts(has_value,
                      has_value + " AND CAST(" + name + " AS VARCHAR) NOT IN (SELECT CAST(" + QuoteName(expectation.referred) +
                          " AS VARCHAR) FROM (" + LH_TRY(Dataset(expectation)) + ") WHERE " + QuoteName(expectation.referred) +
                          " IS NOT NULL)",
                      new_rows_);
      case ExpectationRule::kRowCount: break;
    }
    return Error(ErrorCode::kInternal, "an unknown expectation");
  }

  static std::string Outside(const std::string& value, const std::string& type, const Expectation& expectation) {
    const auto bound = [&](const std::string& text) {
      // A bound with decimals for a column of integers is compared as the number it is.
      return "CAST(" + QuoteText(text) + " AS " + (IsExactNumber(type) ? "DECIMAL(38,9)" : type) + ")";
    };
    std::string outside;
    if (expectation.min) outside = value + " < " + bound(*expectation.min);
    if (expectation.max) outside += (outside.empty() ? "" : " OR ") + value + " > " + bound(*expectation.max);
    return "(" + outside + ")";
  }

  /// The dataset as it will be.
  Result<std::string> After() {
    if (!after_.empty()) return after_;
    after_ = new_rows_;
    if (!rows_.base_version) return after_;
    std::string base = LH_TRY(Table(rows_.dataset, {.version = rows_.base_version}));
    if (!rows_.kept_keys.empty())
      base = "SELECT * FROM (" + base + ") b ANTI JOIN " + TableBuilder::ReadKeys(rows_.kept_keys) + " k ON CAST(b." +
             QuoteName(rows_.key.name) + " AS " + rows_.key.type + ") = k.k";
    // By name: the base may have fewer columns than the dataset is going to have.
    after_ = "SELECT * FROM (" + new_rows_ + ") UNION ALL BY NAME SELECT * FROM (" + base + ")";
    return after_;
  }

  Result<std::string> Dataset(const Expectation& expectation) {
    auto table = Table(expectation.dataset, {});
    if (!table && table.error().code() == ErrorCode::kNotFound) return Bad(expectation, table.error().message());
    return table;
  }

  Result<std::string> Table(const std::string& name, const catalog::SnapshotSelector& at) {
    const auto resolved = LH_TRY(parts_.catalog.Resolve(context_, {{{name, at}}}));
    if (resolved.tables.size() != 1) return Error(ErrorCode::kInternal, "the catalog resolved another number of tables");
    query::FileNames names;
    for (const catalog::DataFile& file : resolved.tables[0].files) {
      held_.push_back(LH_TRY(parts_.cache.Fetch(context_, {file.key, file.size_bytes, file.sha256})));
      names[file.key] = LH_TRY(worker_.Link(held_.back().path()));
    }
    return query::TableSelect(resolved.tables[0], names);
  }

  const Context& context_;
  IngestParts& parts_;
  sandbox::Worker& worker_;
  TableBuilder& builder_;
  const RowsToCome& rows_;
  const std::string new_rows_;
  std::string after_;
  std::vector<storage::ObjectCache::File> held_;
};

}  // namespace

Result<std::vector<ExpectationResult>> CheckExpectations(const Context& context, IngestParts& parts, sandbox::Worker& worker,
                                                         TableBuilder& builder, const RowsToCome& rows,
                                                         const std::vector<Expectation>& expectations) {
  std::vector<ExpectationResult> results;
  Checker checker(context, parts, worker, builder, rows);
  for (const Expectation& expectation : expectations) results.push_back(LH_TRY(checker.Check(expectation)));
  return results;
}

std::string Describe(const ExpectationResult& result) {
  const std::string of = result.column.empty() ? "" : " of " + result.column;
  if (result.rule == WireName(ExpectationRule::kRowCount))
    return "row_count: " + std::to_string(result.checked) + " rows" + (result.passed ? "" : ", which is outside its bounds");
  return result.rule + of + ": " + std::to_string(result.failed) + " of " + std::to_string(result.checked) + " values fail";
}

Status RefuseFailed(const std::vector<ExpectationResult>& results) {
  std::string failed;
  for (const ExpectationResult& result : results)
    if (result.refuses && !result.passed) failed += (failed.empty() ? "" : "; ") + Describe(result);
  if (failed.empty()) return Ok{};
  return Error(ErrorCode::kUnprocessable, "the rows are not as the dataset's rules expect them, so nothing was committed: " + failed +
                                              ". Mend the file, or the rules.")
      .Named("expectation_failed")
      .WithDetails(EncodeJson(results));
}

}  // namespace lakehouse::ingest
