#include "nested_choice.h"

#include <algorithm>

#include "type_tree.h"

namespace lakehouse::ingest {
namespace {

bool HasStructIn(const TypeTree& type) { return type.kind == TypeTree::Kind::kStruct || std::ranges::any_of(type.children, HasStructIn); }

/// Adds the parts of both types that differ, under one path.
void SpreadTypes(const std::string& column, const std::string& path, const TypeTree& head, const TypeTree& found,
                 NestedDifference& difference) {
  if (head.kind == found.kind && head.kind == TypeTree::Kind::kList)
    return SpreadTypes(column, path, head.children[0], found.children[0], difference);
  if (head.kind != TypeTree::Kind::kStruct || found.kind != TypeTree::Kind::kStruct) {
    if (SpellType(head) == SpellType(found)) return;
    difference.head.push_back({path, SpellType(head), 0, {}});
    difference.found.push_back({path, SpellType(found), 0, {}});
    difference.members.emplace(path, column);
    return;
  }
  const auto add = [&](std::vector<catalog::Column>& columns, const std::string& member, const TypeTree& type) {
    columns.push_back({path + "." + member, SpellType(type), 0, {}});
    difference.members.emplace(columns.back().name, column);
  };
  for (std::size_t i = 0; i < head.members.size(); ++i) {
    const auto same = std::ranges::find(found.members, head.members[i]);
    if (same == found.members.end())
      add(difference.head, head.members[i], head.children[i]);
    else
      SpreadTypes(column, path + "." + head.members[i], head.children[i],
                  found.children[static_cast<std::size_t>(same - found.members.begin())], difference);
  }
  for (std::size_t i = 0; i < found.members.size(); ++i)
    if (std::ranges::find(head.members, found.members[i]) == head.members.end()) add(difference.found, found.members[i], found.children[i]);
}

}  // namespace

bool HasStruct(const std::vector<catalog::Column>& columns) {
  return std::ranges::any_of(columns, [](const catalog::Column& column) {
    const auto type = ParseType(column.type);
    return type && HasStructIn(*type);
  });
}

Nested NestedOf(const std::optional<catalog::Dataset>& head) {
  if (!head) return Nested::kFlatten;
  const auto said = head->attributes.find(kNestedAttribute);
  const bool keeps = said == head->attributes.end() ? HasStruct(head->head.schema.columns) : said->second == WireName(Nested::kKeep);
  return keeps ? Nested::kKeep : Nested::kFlatten;
}

Result<Nested> SettleNested(const std::optional<catalog::Dataset>& head, const std::optional<Nested>& asked, bool new_schema) {
  const Nested known = NestedOf(head);
  if (!asked || *asked == known || !head || new_schema) return asked.value_or(known);
  // A version that was restored may be of the other choice: the columns are what counts.
  if ((*asked == Nested::kKeep) == HasStruct(head->head.schema.columns)) return *asked;
  const std::string other(WireName(known));
  return Error(ErrorCode::kAlreadyExists, "nested is \"" + std::string(WireName(*asked)) + "\", and dataset \"" + head->name +
                                              "\" was made with nested=" + other + ": its columns " +
                                              (known == Nested::kKeep ? "hold objects as they are" : "are the members of objects") +
                                              ". Leave nested out or say " + other +
                                              ", choose another name, or put the file in the dataset's place with mode=replace, "
                                              "schema=replace and nested=" +
                                              std::string(WireName(*asked)) + ".")
      .Named("nested_conflict");
}

NestedDifference SpreadNested(const std::vector<catalog::Column>& head, const std::vector<catalog::Column>& found) {
  NestedDifference difference;
  std::vector<bool> is_spread(found.size(), false);
  for (const catalog::Column& column : head) {
    const auto same = std::ranges::find(found, column.name, &catalog::Column::name);
    const std::size_t members = difference.members.size();
    if (same != found.end() && same->type != column.type) {
      const auto type = ParseType(column.type), other = ParseType(same->type);
      if (type && other && type->kind != TypeTree::Kind::kPlain && other->kind != TypeTree::Kind::kPlain)
        SpreadTypes(column.name, column.name, *type, *other, difference);
    }
    if (difference.members.size() == members)
      difference.head.push_back(column);
    else
      is_spread[static_cast<std::size_t>(same - found.begin())] = true;
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!is_spread[i]) difference.found.push_back(found[i]);
  return difference;
}

}  // namespace lakehouse::ingest
