#include "lakehouse/catalog/system_table.h"

#include <cassert>

#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::catalog {

void SystemTables::Add(SystemTable& table) {
  const bool is_new = tables_.emplace(std::string(table.name()), &table).second;
  assert(is_new);
  (void)is_new;
}

SystemTable* SystemTables::Find(std::string_view name) const {
  const auto found = tables_.find(FoldName(name));
  return found == tables_.end() ? nullptr : found->second;
}

std::vector<SystemTable*> SystemTables::all() const {
  std::vector<SystemTable*> all;
  for (const auto& [name, table] : tables_) all.push_back(table);
  return all;
}

}  // namespace lakehouse::catalog
