#pragma once
#include <span>
#include <string_view>

/// The tree that DuckDB 1.5.6 writes for a SELECT, as far as we let it through: every kind of node, every key of it, and what
/// stands behind the key. A node or key that is not listed refuses the statement: after an update of DuckDB new syntax stays
/// shut until somebody has looked at it.
namespace lakehouse::query {

/// What the value of a key holds, so how the walk goes on.
enum class Holds {
  kScalar,      ///< text, number, bool or null
  kScalars,     ///< a list of them
  kData,        ///< types and constants: no node anywhere inside
  kEmptyText,   ///< "" and nothing else
  kExpression,  ///< or null
  kExpressions,
  kExpressionLists,
  kNamedExpressions,  ///< [{key, value}]
  kQuery,             ///< or null
  kAnchorQuery,       ///< the first half of a recursive query, which does not see its own name
  kQueries,
  kStatement,  ///< {node, named_param_map}, or null
  kTable,      ///< or null
  kModifiers,
  kModifier,  ///< or null
  kOrders,
  kCaseChecks,
  kCommonTables,  ///< cte_map: the walk has been there before all other keys
  kAt,            ///< AT (unit => expression), or null
  kPivots,
  kPivotEntries,
};

struct NodeKey {
  std::string_view name;
  Holds holds;
};

/// One kind of node: its own keys, beside those of its family.
struct NodeKind {
  std::string_view name;
  std::span<const NodeKey> keys;
};

/// Expressions go by "class", all others by "type".
struct NodeFamily {
  std::string_view what;  ///< for messages: "expression"
  std::span<const NodeKey> common;
  std::span<const NodeKind> kinds;
};

extern const NodeFamily kExpressionFamily;
extern const NodeFamily kQueryFamily;
extern const NodeFamily kTableFamily;
extern const NodeFamily kModifierFamily;

/// Parts that have one shape only.
extern const NodeKind kOrderPart;
extern const NodeKind kCaseCheckPart;
extern const NodeKind kNamedExpressionPart;
extern const NodeKind kCommonTablePart;
extern const NodeKind kAtPart;
extern const NodeKind kPivotPart;
extern const NodeKind kPivotEntryPart;

}  // namespace lakehouse::query
