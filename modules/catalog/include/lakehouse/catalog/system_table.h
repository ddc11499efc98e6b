#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/catalog/sight.h"

/// What the system knows about itself, as tables `system.<name>` that any SELECT may read and join with data.
namespace lakehouse::catalog {

/// One cell; monostate is NULL. TIMESTAMP columns hold microseconds since 1970, UTC.
using SystemCell = std::variant<std::monostate, std::int64_t, double, bool, std::string>;
using SystemRow = std::vector<SystemCell>;

struct SystemColumn {
  std::string name;
  std::string type;  ///< BIGINT, DOUBLE, BOOLEAN, VARCHAR or TIMESTAMP
};

/// One of them. How to add one: implement this beside what it shows, and register it in the composition root. Its rows are fetched
/// when a statement names it, written to a small file, and read by the worker like any other: it costs nothing otherwise.
/// Thread-safe.
class SystemTable {
 public:
  virtual ~SystemTable() = default;
  /// "trials": letters, digits and '_', lower case.
  virtual std::string_view name() const = 0;
  virtual const std::vector<SystemColumn>& columns() const = 0;
  /// The newest `limit` rows that this caller may see, a cell per column. The table filters, nobody after it does: what belongs to a
  /// dataset needs sight.MaySee, what could tell its values sight.SeesWhole, and what belongs to another principal sight.is_admin().
  virtual Result<std::vector<SystemRow>> Rows(const Context& context, const Sight& sight, std::int64_t limit) = 0;
};

/// The registry. Filled before the first statement runs, then read by many threads. The tables must outlive it.
class SystemTables {
 public:
  /// Asserts that the name is new.
  void Add(SystemTable& table);
  /// By its folded name; null when there is none.
  SystemTable* Find(std::string_view name) const;
  /// In the order of their names.
  std::vector<SystemTable*> all() const;

 private:
  std::map<std::string, SystemTable*, std::less<>> tables_;
};

}  // namespace lakehouse::catalog
