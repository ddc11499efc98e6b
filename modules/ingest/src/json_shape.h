#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/json_view.h"
#include "personal_data.h"
#include "prepare.h"
#include "type_tree.h"

namespace lakehouse::ingest {

/// What the values of one place in a file of JSON are: of a column, and where objects are kept, of a member or of a list's elements. The
/// type comes of all of them. Objects that are no record (500 members and more, names that differ in case only or that no column could
/// have, 16 levels deep) make the place text.
class JsonShape {
 public:
  static constexpr std::size_t kMostMembers = 500;           ///< an object with more is a map, not a record
  static constexpr std::size_t kMostParts = kMostTypeParts;  ///< of a column: members and elements of lists, at all levels
  static constexpr int kKeptLevels = 16;                     ///< of objects and lists within each other

  /// `keeps_objects`: they become STRUCTs; otherwise, and lists within lists, text.
  explicit JsonShape(bool keeps_objects = false) : keeps_objects_(keeps_objects) {}

  /// `parts` follows how many the column has: those that come up are added, those of a place that becomes text are taken away.
  void Note(JsonView value, std::size_t& parts, int level = 1);
  /// From now on values here are text: JSON, where they are no text already. `why` completes "it …".
  void KeepAsText(const char* why, std::size_t& parts);

  /// `wanted`: of the dataset's column. Where there was no value its type is taken, and so are its members that no row had, all in its
  /// order.
  TypeTree Type(const TypeTree* wanted = nullptr) const;
  /// Of all texts here and below, by path: "address.email", empty for these values themselves. `name`: of the column or member.
  void FindPersonal(const std::string& name, const std::string& path, std::vector<PreparedMember>& found) const;
  /// A sentence for each place that became text.
  void DescribeTexts(const std::string& name, std::vector<std::string>& notes) const;
  /// Of the texts here, not below.
  const PersonalDataDetector& personal() const { return personal_; }

 private:
  int kinds() const { return boolean_ + (integer_ || number_) + text_ + list_ + object_ + other_; }
  void NoteMember(std::string_view name, JsonView value, std::size_t& parts, int level);
  std::size_t CountParts() const;
  TypeTree ListType(const TypeTree* wanted) const;
  TypeTree StructType(const TypeTree* wanted) const;

  bool keeps_objects_;
  bool boolean_ = false, integer_ = false, number_ = false, text_ = false, list_ = false, object_ = false, other_ = false;
  bool exact_doubles_ = true;       // no integer beyond 2^53, which a double would change
  unsigned times_ = 0;              // types that all texts so far allow; meaningful when `text_`
  const char* why_ = nullptr;       // it became text
  std::vector<JsonShape> element_;  // of lists: none or one
  std::vector<std::string> names_;  // of members_, in the order they came up
  std::vector<JsonShape> members_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::set<std::string> folded_names_;
  PersonalDataDetector personal_;
};

/// Whether values of a type that was found go into a member or column of this type without loss: a struct that lacks members does.
bool FitsNested(const TypeTree& found, const TypeTree& target);

/// Appends the value as JSON that the engine reads: integers whole, of members with one name the last.
void AppendJson(JsonView value, std::string& out);

}  // namespace lakehouse::ingest
