#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "function_list.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

/// The door between a caller's SQL and the engine. Pure: a tree goes in, a verdict comes out; nothing is bound or run.
///
/// What it holds up, whatever the tree says: one SELECT statement; no function, table function or kind of node that is not on
/// a reviewed list; every table reference is either a common table expression that the engine sees from that place too, or the
/// name of a view that we define. So the engine never looks a caller's name up among files or system tables. How much a
/// statement costs is not judged here: the worker's process bounds it.
namespace lakehouse::query {

/// One dataset at one state that a statement reads.
struct TableReference {
  std::string dataset;
  catalog::SnapshotSelector at;
  std::string view;                      ///< the name it goes by in the statement that runs
  std::optional<std::int64_t> position;  ///< octets into the caller's text
  bool is_system = false;                ///< no dataset: "system.<name>", a table about the system itself
};

struct Verdict {
  std::vector<TableReference> tables;  ///< each view once
  bool lists_tables = false;           ///< it reads the view kTableListView: column "name"
  std::string tree;                    ///< to run in place of the caller's text, when names had to change; else empty
  bool is_steady = true;               ///< the result depends on the tables alone, not on the clock or on chance
  bool depends_on_time = false;        ///< AT was counted from now: the verdict is good for this run only
};

/// SHOW TABLES reads this view. No caller can name it: names with ':' are refused.
inline constexpr std::string_view kTableListView = "tables:list";

struct GateOptions {
  /// The dataset that a table name stands for; nothing when there can be none. `schema` is empty for a bare name.
  std::function<std::optional<std::string>(std::string_view schema, std::string_view name)> dataset_of;
  /// Whether there is a table of this name in the schema "system"; none: there are none.
  std::function<bool(std::string_view name)> is_system_table;
  std::int64_t now_micros = 0;  ///< what now() is in AT (TIMESTAMP => now() - INTERVAL 1 DAY)
};

/// `tree` is what json_serialize_sql makes of the text: {"error":…}.
/// kPermissionDenied, reason "not_allowed", details {"rule","position"}: one of the rules · kInvalidArgument, details
/// {"position"}: no SQL, or an AT that is no version or time · kNotFound: a name that can be no dataset.
Result<Verdict> Gate(JsonView tree, const FunctionList& functions, const GateOptions& options);

/// A refusal as above.
Error NotAllowed(std::string_view rule, std::string message, std::optional<std::int64_t> position);
/// kNotFound, reason "dataset_not_found", details as above with rule "unknown_table".
Error NoSuchTable(std::string message, std::optional<std::int64_t> position);

}  // namespace lakehouse::query
