#include "gate_grammar.h"

namespace lakehouse::query {
namespace {

using enum Holds;

constexpr NodeKey kOfEveryExpression[] = {{"class", kScalar}, {"type", kScalar}, {"alias", kScalar}, {"query_location", kScalar}};
constexpr NodeKey kOfEveryQuery[] = {{"type", kScalar}, {"modifiers", kModifiers}, {"cte_map", kCommonTables}};
constexpr NodeKey kOfEveryTable[] = {{"type", kScalar}, {"alias", kScalar}, {"sample", kData}, {"query_location", kScalar}};
constexpr NodeKey kOfEveryModifier[] = {{"type", kScalar}};

// ---- expressions -----------------------------------------------------------------------------------------------------
constexpr NodeKey kBetween[] = {{"input", kExpression}, {"lower", kExpression}, {"upper", kExpression}};
constexpr NodeKey kCase[] = {{"case_checks", kCaseChecks}, {"else_expr", kExpression}};
constexpr NodeKey kCast[] = {{"child", kExpression}, {"cast_type", kData}, {"try_cast", kScalar}};
constexpr NodeKey kCollate[] = {{"child", kExpression}, {"collation", kScalar}};
constexpr NodeKey kColumnRef[] = {{"column_names", kScalars}};
constexpr NodeKey kComparison[] = {{"left", kExpression}, {"right", kExpression}};
constexpr NodeKey kConstant[] = {{"value", kData}};
constexpr NodeKey kChildren[] = {{"children", kExpressions}};
constexpr NodeKey kFunction[] = {
    {"function_name", kScalar}, {"schema", kScalar},   {"catalog", kScalar},     {"children", kExpressions}, {"filter", kExpression},
    {"order_bys", kModifier},   {"distinct", kScalar}, {"is_operator", kScalar}, {"export_state", kScalar},
};
constexpr NodeKey kLambda[] = {{"lhs", kExpression}, {"expr", kExpression}, {"syntax_type", kScalar}};
constexpr NodeKey kLambdaRef[] = {{"lambda_idx", kScalar}, {"column_name", kScalar}};
constexpr NodeKey kPositionalReference[] = {{"index", kScalar}};
constexpr NodeKey kStar[] = {
    {"relation_name", kScalar}, {"exclude_list", kScalars}, {"replace_list", kNamedExpressions},
    {"columns", kScalar},       {"expr", kExpression},      {"qualified_exclude_list", kData},
    {"rename_list", kData},
};
constexpr NodeKey kSubqueryExpression[] = {
    {"subquery_type", kScalar}, {"subquery", kStatement}, {"child", kExpression}, {"comparison_type", kScalar}};
constexpr NodeKey kWindow[] = {
    {"function_name", kScalar},   {"schema", kScalar},          {"catalog", kScalar},         {"children", kExpressions},
    {"partitions", kExpressions}, {"orders", kOrders},          {"start", kScalar},           {"end", kScalar},
    {"start_expr", kExpression},  {"end_expr", kExpression},    {"offset_expr", kExpression}, {"default_expr", kExpression},
    {"ignore_nulls", kScalar},    {"filter_expr", kExpression}, {"exclude_clause", kScalar},  {"distinct", kScalar},
    {"arg_orders", kOrders},
};
constexpr NodeKind kExpressionKinds[] = {
    {"BETWEEN", kBetween},
    {"CASE", kCase},
    {"CAST", kCast},
    {"COLLATE", kCollate},
    {"COLUMN_REF", kColumnRef},
    {"COMPARISON", kComparison},
    {"CONJUNCTION", kChildren},
    {"CONSTANT", kConstant},
    {"FUNCTION", kFunction},
    {"LAMBDA", kLambda},
    {"LAMBDA_REF", kLambdaRef},
    {"OPERATOR", kChildren},
    {"POSITIONAL_REFERENCE", kPositionalReference},
    {"STAR", kStar},
    {"SUBQUERY", kSubqueryExpression},
    {"WINDOW", kWindow},
};

// ---- queries ---------------------------------------------------------------------------------------------------------
constexpr NodeKey kSelect[] = {
    {"select_list", kExpressions}, {"from_table", kTable},          {"where_clause", kExpression}, {"group_expressions", kExpressions},
    {"group_sets", kData},         {"aggregate_handling", kScalar}, {"having", kExpression},       {"sample", kData},
    {"qualify", kExpression},
};
constexpr NodeKey kSetOperation[] = {
    {"setop_type", kScalar}, {"left", kQuery}, {"right", kQuery}, {"setop_all", kScalar}, {"children", kQueries}};
constexpr NodeKey kRecursive[] = {{"cte_name", kScalar}, {"union_all", kScalar}, {"left", kAnchorQuery},
                                  {"right", kQuery},     {"aliases", kScalars},  {"key_targets", kExpressions}};
constexpr NodeKind kQueryKinds[] = {{"SELECT_NODE", kSelect}, {"SET_OPERATION_NODE", kSetOperation}, {"RECURSIVE_CTE_NODE", kRecursive}};

// ---- tables ----------------------------------------------------------------------------------------------------------
constexpr NodeKey kBaseTable[] = {
    {"schema_name", kScalar}, {"table_name", kScalar}, {"column_name_alias", kScalars}, {"catalog_name", kEmptyText}, {"at_clause", kAt}};
constexpr NodeKey kSubqueryTable[] = {{"subquery", kStatement}, {"column_name_alias", kScalars}};
constexpr NodeKey kJoin[] = {
    {"left", kTable},         {"right", kTable},           {"condition", kExpression}, {"join_type", kScalar},
    {"ref_type", kScalar},    {"using_columns", kScalars}, {"delim_flipped", kScalar}, {"duplicate_eliminated_columns", kExpressions},
    {"is_implicit", kScalar},
};
constexpr NodeKey kTableFunction[] = {{"function", kExpression}, {"column_name_alias", kScalars}, {"with_ordinality", kScalar}};
constexpr NodeKey kExpressionList[] = {{"expected_names", kScalars}, {"expected_types", kData}, {"values", kExpressionLists}};
constexpr NodeKey kPivot[] = {
    {"source", kTable},   {"aggregates", kExpressions},    {"unpivot_names", kScalars}, {"pivots", kPivots},
    {"groups", kScalars}, {"column_name_alias", kScalars}, {"include_nulls", kScalar},
};
constexpr NodeKey kShow[] = {
    {"table_name", kScalar}, {"query", kQuery}, {"show_type", kScalar}, {"catalog_name", kEmptyText}, {"schema_name", kEmptyText}};
constexpr NodeKind kTableKinds[] = {
    {"BASE_TABLE", kBaseTable},
    {"SUBQUERY", kSubqueryTable},
    {"JOIN", kJoin},
    {"TABLE_FUNCTION", kTableFunction},
    {"EXPRESSION_LIST", kExpressionList},
    {"PIVOT", kPivot},
    {"SHOW_REF", kShow},
    {"EMPTY", {}},
};

// ---- modifiers and parts ---------------------------------------------------------------------------------------------
constexpr NodeKey kOrderBy[] = {{"orders", kOrders}};
constexpr NodeKey kLimit[] = {{"limit", kExpression}, {"offset", kExpression}};
constexpr NodeKey kDistinct[] = {{"distinct_on_targets", kExpressions}};
constexpr NodeKind kModifierKinds[] = {
    {"ORDER_MODIFIER", kOrderBy}, {"LIMIT_MODIFIER", kLimit}, {"LIMIT_PERCENT_MODIFIER", kLimit}, {"DISTINCT_MODIFIER", kDistinct}};

constexpr NodeKey kOrder[] = {{"type", kScalar}, {"null_order", kScalar}, {"expression", kExpression}};
constexpr NodeKey kCaseCheck[] = {{"when_expr", kExpression}, {"then_expr", kExpression}};
constexpr NodeKey kNamedExpression[] = {{"key", kScalar}, {"value", kExpression}};
constexpr NodeKey kCommonTable[] = {{"aliases", kScalars}, {"query", kStatement}, {"materialized", kScalar}, {"key_targets", kExpressions}};
constexpr NodeKey kAtClause[] = {{"unit", kScalar}, {"expr", kExpression}};
constexpr NodeKey kPivotColumn[] = {
    {"pivot_expressions", kExpressions}, {"unpivot_names", kScalars}, {"entries", kPivotEntries}, {"pivot_enum", kEmptyText}};
constexpr NodeKey kPivotEntry[] = {{"values", kData}, {"star_expr", kExpression}, {"alias", kScalar}};

}  // namespace

const NodeFamily kExpressionFamily{"expression", kOfEveryExpression, kExpressionKinds};
const NodeFamily kQueryFamily{"query", kOfEveryQuery, kQueryKinds};
const NodeFamily kTableFamily{"table reference", kOfEveryTable, kTableKinds};
const NodeFamily kModifierFamily{"modifier", kOfEveryModifier, kModifierKinds};

const NodeKind kOrderPart{"ORDER BY", kOrder};
const NodeKind kCaseCheckPart{"CASE", kCaseCheck};
const NodeKind kNamedExpressionPart{"REPLACE", kNamedExpression};
const NodeKind kCommonTablePart{"WITH", kCommonTable};
const NodeKind kAtPart{"AT", kAtClause};
const NodeKind kPivotPart{"PIVOT", kPivotColumn};
const NodeKind kPivotEntryPart{"PIVOT", kPivotEntry};

}  // namespace lakehouse::query
