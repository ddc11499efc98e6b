#pragma once
#include <string>
#include <vector>

namespace lakehouse::query {

/// The library itself, in this process and without a jail: for trees of statements, for files to put into a lake, and for what
/// the right answer is.
class SideEngine {
 public:
  SideEngine();
  ~SideEngine();
  SideEngine(const SideEngine&) = delete;

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
