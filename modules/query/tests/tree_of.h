#pragma once
#include <string>
#include <vector>

namespace lakehouse::query {

/// What the library itself makes of a statement: json_serialize_sql, in this process. For tests of the gate, which must not
/// depend on workers.
class TreeMaker {
 public:
  TreeMaker();
  ~TreeMaker();
  TreeMaker(const TreeMaker&) = delete;

  std::string Tree(const std::string& sql);
  /// The text of a tree: json_deserialize_sql.
  std::string Text(const std::string& tree);
  /// Any query: rows of texts; an error as one row "ERROR: …".
  std::vector<std::vector<std::string>> Rows(const std::string& sql);

 private:
  std::string Call(const char* function, const std::string& argument);
  void* database_ = nullptr;
  void* connection_ = nullptr;
};

}  // namespace lakehouse::query
