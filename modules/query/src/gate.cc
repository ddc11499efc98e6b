#include "gate.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "gate_at.h"
#include "gate_grammar.h"
#include "gate_rewrite.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::query {
namespace {

using catalog::FoldName;

// Nested deeper than any statement a person or a program writes; 1,024 levels of JSON are refused before this.
constexpr int kMaxDepth = 400;

// Names that the parser hands on as columns and the binder may turn into calls.
struct ValueFunction {
  std::string_view name;
  bool allowed;
};
constexpr ValueFunction kValueFunctions[] = {
    {"current_catalog", false}, {"current_date", true},      {"current_role", false}, {"current_schema", false},
    {"current_time", true},     {"current_timestamp", true}, {"current_user", false}, {"localtime", true},
    {"localtimestamp", true},   {"session_user", false},     {"user", false},
};

constexpr std::string_view kSystemSchema = "system";

// What makes a name a path, a URL or a glob in the eyes of the engine's search for files.
constexpr std::string_view kPathCharacters = "./\\:*?[]";

std::string_view TextOf(JsonView node, std::string_view key) {
  const auto value = node.Find(key);
  return value ? value->AsString().value_or("") : "";
}

bool IsNullOrMissing(const std::optional<JsonView>& value) { return !value || value->is_null(); }

std::string Details(std::string_view rule, std::optional<std::int64_t> position) {
  JsonWriter json;
  json.Open('{');
  json.Key("rule");
  json.String(rule);
  if (position) {
    json.Key("position");
    json.Integer(*position);
  }
  json.Close('}');
  return std::move(json).Take();
}

/// One walk over one statement.
class GateWalk {
 public:
  GateWalk(const FunctionList& functions, const GateOptions& options) : functions_(functions), options_(options) {}

  Status Statement(JsonView statement) {
    return statement.ForEachMember([&](std::string_view key, JsonView value) -> Status {
      if (key == "node") return Query(value);
      if (key != "named_param_map") return Refuse("key", "the statement has an unknown part " + std::string(key));
      if (value.size() > 0) return Refuse("parameter", "parameters such as $1 or ? have no values here; write the value itself");
      return Ok{};
    });
  }

  Verdict& verdict() { return verdict_; }
  const TableNames& renamed() const { return renamed_; }

 private:
  // ---- the generic half: kinds and keys ------------------------------------------------------------------------------
  Status Node(JsonView node, const NodeFamily& family, std::string_view kind_key) {
    const std::string_view name = TextOf(node, kind_key);
    const auto kind = std::ranges::find(family.kinds, name, &NodeKind::name);
    if (kind == family.kinds.end()) {
      if (name == "PARAMETER") return Refuse("parameter", "parameters such as $1 or ? have no values here; write the value itself");
      return Refuse("node", "this kind of " + std::string(family.what) + " is not served: " + std::string(name));
    }
    return Keys(node, family.common, *kind);
  }

  Status Keys(JsonView node, std::span<const NodeKey> common, const NodeKind& kind) {
    if (!node.is_object()) return Malformed("an object", node);
    return node.ForEachMember([&](std::string_view key, JsonView value) -> Status {
      auto known = std::ranges::find(kind.keys, key, &NodeKey::name);
      if (known == kind.keys.end()) {
        known = std::ranges::find(common, key, &NodeKey::name);
        if (known == common.end()) return Refuse("key", std::string(kind.name) + " has an unknown part " + std::string(key));
      }
      if (key == "sample" && !value.is_null()) verdict_.is_steady = false;
      return Value(value, known->holds);
    });
  }

  Status Part(JsonView node, const NodeKind& kind) { return Keys(node, {}, kind); }

  using Visit = Status (GateWalk::*)(JsonView);
  Status Each(JsonView list, Visit visit) {
    if (!list.is_array()) return Malformed("a list", list);
    return list.ForEachElement([&](JsonView element) { return (this->*visit)(element); });
  }
  Status EachPart(JsonView list, const NodeKind& kind) {
    if (!list.is_array()) return Malformed("a list", list);
    return list.ForEachElement([&](JsonView element) { return Part(element, kind); });
  }

  Status Value(JsonView value, Holds holds) {
    switch (holds) {
      case Holds::kScalar: return Scalar(value);
      case Holds::kScalars: return Each(value, &GateWalk::Scalar);
      case Holds::kData: return Data(value);
      case Holds::kEmptyText: return EmptyText(value);
      case Holds::kExpression: return Expression(value);
      case Holds::kExpressions: return Each(value, &GateWalk::Expression);
      case Holds::kExpressionLists: return Each(value, &GateWalk::Expressions);
      case Holds::kNamedExpressions: return EachPart(value, kNamedExpressionPart);
      case Holds::kQuery: return value.is_null() ? Status(Ok{}) : Query(value);
      case Holds::kAnchorQuery: return AnchorQuery(value);
      case Holds::kQueries: return Each(value, &GateWalk::Query);
      case Holds::kStatement: return value.is_null() ? Status(Ok{}) : Statement(value);
      case Holds::kTable: return value.is_null() ? Status(Ok{}) : Table(value);
      case Holds::kModifiers: return Each(value, &GateWalk::Modifier);
      case Holds::kModifier: return value.is_null() ? Status(Ok{}) : Modifier(value);
      case Holds::kOrders: return EachPart(value, kOrderPart);
      case Holds::kCaseChecks: return EachPart(value, kCaseCheckPart);
      case Holds::kCommonTables: return Ok{};
      case Holds::kAt: return value.is_null() ? Status(Ok{}) : Part(value, kAtPart);
      case Holds::kPivots: return EachPart(value, kPivotPart);
      case Holds::kPivotEntries: return EachPart(value, kPivotEntryPart);
    }
    return Malformed("something known", value);
  }

  Status Scalar(JsonView value) { return value.is_array() || value.is_object() ? Malformed("one value", value) : Status(Ok{}); }
  Status Expressions(JsonView list) { return Each(list, &GateWalk::Expression); }
  Status Modifier(JsonView node) { return Node(node, kModifierFamily, "type"); }
  Status EmptyText(JsonView value) {
    if (value.is_null() || value.AsString() == "") return Ok{};
    return Refuse("catalog_name", "names with a database in front are not served; write the dataset's name alone");
  }

  /// Types, constants and the like: whatever they hold, no node may hide in them.
  Status Data(JsonView value) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxDepth) return TooDeep();
    if (value.is_array()) return Each(value, &GateWalk::Data);
    return value.ForEachMember([&](std::string_view key, JsonView member) -> Status {
      for (std::string_view of_nodes : {"class", "function_name", "table_name", "node", "subquery", "query", "query_location"})
        if (key == of_nodes) return Refuse("node", "a constant holds a part of a statement: " + std::string(key));
      return Data(member);
    });
  }

  // ---- expressions -----------------------------------------------------------------------------------------------------
  Status Expression(JsonView node) {
    if (node.is_null()) return Ok{};
    const Deeper deeper(depth_);
    if (depth_ > kMaxDepth) return TooDeep();
    const Located located(*this, node);
    const std::string_view kind = TextOf(node, "class");
    const bool is_table_function = std::exchange(expect_table_function_, false);
    if (kind == "FUNCTION" || kind == "WINDOW") {
      LH_TRY(Function(node, is_table_function));
    } else if (is_table_function) {
      return Refuse("table_function", "only a function can stand here");
    } else if (kind == "COLUMN_REF") {
      LH_TRY(ColumnReference(node));
    }
    return Node(node, kExpressionFamily, "class");
  }

  Status Function(JsonView node, bool is_table_function) {
    const std::string name = FoldName(TextOf(node, "function_name"));
    const std::string schema = FoldName(TextOf(node, "schema"));
    const std::string catalog = FoldName(TextOf(node, "catalog"));
    if ((!schema.empty() && schema != "main") || (!catalog.empty() && catalog != "system"))
      return Refuse("function", "functions of a schema are not served: " + schema + "." + name);
    if (is_table_function) {
      if (functions_.AllowsTableFunction(name)) return Ok{};
      return Refuse("table_function", "the table function " + name + " is not served; range, generate_series and unnest are");
    }
    if (!functions_.AllowsFunction(name)) return Refuse("function", "the function " + name + " is not served");
    verdict_.is_steady = verdict_.is_steady && FunctionList::IsSteady(name);
    return Ok{};
  }

  Status ColumnReference(JsonView node) {
    const auto names = node.Find("column_names");
    if (names && names->size() == 1 && IsValueFunction(*names)) verdict_.is_steady = false;
    // A name that reads nothing is a call for certain. Beside a table it may be a column of it; should it be none, these
    // calls answer with constants that say nothing of the machine.
    if (tables_in_scope_ > 0 || !names || names->size() != 1) return Ok{};
    return names->ForEachElement([&](JsonView part) -> Status {
      const std::string name = FoldName(part.AsString().value_or(""));
      const auto* found = std::ranges::find(kValueFunctions, name, &ValueFunction::name);
      if (found == std::end(kValueFunctions) || found->allowed) return Ok{};
      return Refuse("function", "the function " + name + " is not served");
    });
  }

  /// A name alone that may be a call: all of these read the clock or say who asks.
  static bool IsValueFunction(JsonView names) {
    bool found = false;
    (void)names.ForEachElement([&](JsonView part) -> Status {
      found = std::ranges::find(kValueFunctions, FoldName(part.AsString().value_or("")), &ValueFunction::name) != std::end(kValueFunctions);
      return Ok{};
    });
    return found;
  }

  // ---- queries and their scopes ------------------------------------------------------------------------------------------
  Status Query(JsonView node) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxDepth) return TooDeep();
    if (!node.is_object()) return Malformed("a query", node);
    const std::size_t scope = common_tables_.size();
    LH_TRY(CommonTables(node));
    const std::string_view kind = TextOf(node, "type");
    const auto from = node.Find("from_table");
    const bool reads = from && TextOf(*from, "type") != "EMPTY";
    tables_in_scope_ += reads ? 1 : 0;
    Status status = kind == "RECURSIVE_CTE_NODE" ? Recursive(node) : Node(node, kQueryFamily, "type");
    tables_in_scope_ -= reads ? 1 : 0;
    common_tables_.resize(scope);
    return status;
  }

  /// Each sees those before it, not itself.
  Status CommonTables(JsonView query) {
    const auto common_tables = query.Find("cte_map");
    if (IsNullOrMissing(common_tables)) return Ok{};
    return common_tables->ForEachMember([&](std::string_view key, JsonView list) -> Status {
      if (key != "map") return Refuse("key", "WITH has an unknown part " + std::string(key));
      if (!list.is_array()) return Malformed("a list", list);
      return list.ForEachElement([&](JsonView entry) -> Status {
        const std::string name(TextOf(entry, "key"));
        LH_TRY(CheckName(name));
        LH_TRY(entry.ForEachMember([&](std::string_view part, JsonView value) -> Status {
          if (part == "key") return Ok{};
          if (part != "value") return Refuse("key", "WITH has an unknown part " + std::string(part));
          return Part(value, kCommonTablePart);
        }));
        common_tables_.push_back(FoldName(name));
        return Ok{};
      });
    });
  }

  /// Its own name stands for the rows so far, in the second half. In the first half the engine would look elsewhere for it.
  Status Recursive(JsonView node) {
    const std::string name(TextOf(node, "cte_name"));
    LH_TRY(CheckName(name));
    common_tables_.push_back(FoldName(name));
    Status status = Node(node, kQueryFamily, "type");
    common_tables_.pop_back();
    return status;
  }
  Status AnchorQuery(JsonView node) {
    std::string name = std::move(common_tables_.back());
    common_tables_.pop_back();
    Status status = Query(node);
    common_tables_.push_back(std::move(name));
    return status;
  }

  // ---- tables ------------------------------------------------------------------------------------------------------------
  Status Table(JsonView node) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxDepth) return TooDeep();
    const Located located(*this, node);
    const std::string_view kind = TextOf(node, "type");
    if (kind == "BASE_TABLE") LH_TRY(BaseTable(node));
    if (kind == "SHOW_REF") LH_TRY(Show(node));
    expect_table_function_ = kind == "TABLE_FUNCTION";
    Status status = Node(node, kTableFamily, "type");
    expect_table_function_ = false;
    return status;
  }

  Status BaseTable(JsonView node) {
    const std::string schema(TextOf(node, "schema_name"));
    const std::string name(TextOf(node, "table_name"));
    LH_TRY(CheckName(schema));
    LH_TRY(CheckName(name));
    const auto at = node.Find("at_clause");
    if (schema.empty() && IsNullOrMissing(at) && std::ranges::find(common_tables_, FoldName(name)) != common_tables_.end()) return Ok{};

    if (FoldName(schema) == kSystemSchema && options_.is_system_table) return SystemTable(node, name);
    const auto dataset = options_.dataset_of(schema, name);
    if (!dataset) {
      return NoSuchTable("there is no dataset " + (schema.empty() ? name : schema + "." + name), position_);
    }
    TableReference reference{.dataset = *dataset, .at = {}, .view = name, .position = position_};
    if (!IsNullOrMissing(at)) LH_TRY(At(*at, reference));
    const bool plain = schema.empty() && IsNullOrMissing(at) && FoldName(*dataset) == FoldName(name);
    if (plain) {
      Add(std::move(reference));
    } else {
      const std::string view = Renamed(std::move(reference));
      renamed_.views[TableNames::KeyOf(node)] = view;
    }
    return Ok{};
  }

  /// A table about the system: the rows of this moment, as a view that only we can name.
  Status SystemTable(JsonView node, const std::string& name) {
    if (!IsNullOrMissing(node.Find("at_clause")))
      return Refuse("at", "tables of the schema system have no versions: they say how things are now");
    if (!options_.is_system_table(FoldName(name))) return NoSuchTable("there is no table system." + name, position_);
    verdict_.is_steady = false;
    renamed_.views[TableNames::KeyOf(node)] = Renamed(
        {.dataset = std::string(kSystemSchema) + "." + FoldName(name), .at = {}, .view = {}, .position = position_, .is_system = true});
    return Ok{};
  }

  Status At(JsonView at, TableReference& reference) {
    const auto expression = at.Find("expr");
    if (IsNullOrMissing(expression)) return Malformed("AT with a value", at);
    auto selected = EvaluateAt(TextOf(at, "unit"), *expression, options_.now_micros);
    if (!selected) return std::move(selected).TakeError().WithDetails(Details("at", position_));
    reference.at = selected->selector;
    verdict_.depends_on_time |= selected->depends_on_time;
    return Ok{};
  }

  void Add(TableReference reference) {
    const std::string folded = FoldName(reference.view);
    for (const TableReference& known : verdict_.tables)
      if (FoldName(known.view) == folded) return;
    verdict_.tables.push_back(std::move(reference));
  }

  /// A view that only we can name, the same for the same state of the same dataset.
  std::string Renamed(TableReference reference) {
    for (const TableReference& known : verdict_.tables) {
      const bool ours = known.view.find(':') != std::string::npos;
      if (ours && known.dataset == reference.dataset && known.at.version == reference.at.version &&
          known.at.time_micros == reference.at.time_micros)
        return known.view;
    }
    reference.view = reference.dataset + ":" + std::to_string(verdict_.tables.size());
    verdict_.tables.push_back(reference);
    return reference.view;
  }

  Status Show(JsonView node) {
    const std::string_view show = TextOf(node, "show_type");
    if (!IsNullOrMissing(node.Find("query"))) {
      if (show == "DESCRIBE" || show == "SUMMARY") return Ok{};
      return Refuse("show", "this form of SHOW is not served; DESCRIBE, SUMMARIZE and SHOW TABLES are");
    }
    const std::string_view what = TextOf(node, "table_name");
    if (show != "SHOW_UNQUALIFIED" || (what != "\"tables\"" && what != "__show_tables_expanded"))
      return Refuse("show", "this form of SHOW is not served; DESCRIBE, SUMMARIZE and SHOW TABLES are");
    verdict_.lists_tables = true;
    return Ok{};
  }

  Status CheckName(std::string_view name) {
    if (name.find_first_of(kPathCharacters) == std::string_view::npos) return Ok{};
    return Refuse("file_name", "'" + std::string(name) +
                                   "' looks like a file; only datasets can be read, and no name of one holds any of " +
                                   std::string(kPathCharacters));
  }

  // ---- where we are --------------------------------------------------------------------------------------------------------
  class Deeper {
   public:
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }

   private:
    int& depth_;
  };
  /// Refusals point at the innermost node that says where it stands.
  class Located {
   public:
    Located(GateWalk& walk, JsonView node) : walk_(walk), before_(walk.position_) {
      const auto location = node.Find("query_location");
      const auto position = location ? location->AsInteger() : std::nullopt;  // "nowhere" is 2^64 - 1: no int64
      if (position) walk_.position_ = position;
    }
    ~Located() { walk_.position_ = before_; }

   private:
    GateWalk& walk_;
    std::optional<std::int64_t> before_;
  };

  Error Refuse(std::string_view rule, std::string message) { return NotAllowed(rule, std::move(message), position_); }
  Error TooDeep() { return Refuse("depth", "the statement is nested more than " + std::to_string(kMaxDepth) + " levels deep"); }
  Error Malformed(std::string_view expected, JsonView found) {
    return Refuse("shape", "the statement's tree should have " + std::string(expected) + " but has " + found.ToJson().substr(0, 80));
  }

  const FunctionList& functions_;
  const GateOptions& options_;
  Verdict verdict_;
  TableNames renamed_;
  std::vector<std::string> common_tables_;  // in scope, innermost last; folded
  int tables_in_scope_ = 0;                 // queries around this place that read something
  int depth_ = 0;
  bool expect_table_function_ = false;
  std::optional<std::int64_t> position_;
};

std::optional<std::int64_t> PositionOf(JsonView failure) {
  const auto position = failure.Find("position");
  if (!position) return std::nullopt;
  if (const auto number = position->AsInteger()) return number;
  const std::string text(position->AsString().value_or(""));
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stol(text);
}

/// The library's own answer when it makes no tree.
Error NoTree(JsonView failure) {
  const std::string message(TextOf(failure, "error_message"));
  const auto position = PositionOf(failure);
  if (TextOf(failure, "error_type") == "not implemented")
    return NotAllowed("statement", "only SELECT is served here, and DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN and PIVOT", position);
  Error error(ErrorCode::kInvalidArgument, message.empty() ? "this is no SQL" : message);
  if (!position) return error;
  return std::move(error).WithDetails("{\"position\":" + std::to_string(*position) + "}");
}

}  // namespace

Error NoSuchTable(std::string message, std::optional<std::int64_t> position) {
  return Error(ErrorCode::kNotFound, std::move(message)).Named("dataset_not_found").WithDetails(Details("unknown_table", position));
}

Error NotAllowed(std::string_view rule, std::string message, std::optional<std::int64_t> position) {
  return Error(ErrorCode::kPermissionDenied, std::move(message)).Named("not_allowed").WithDetails(Details(rule, position));
}

Result<Verdict> Gate(JsonView tree, const FunctionList& functions, const GateOptions& options) {
  const auto failed = tree.Find("error");
  if (!failed || !failed->AsBool()) return NotAllowed("shape", "the statement's tree does not say whether it is one", std::nullopt);
  if (*failed->AsBool()) return NoTree(tree);
  const auto statements = tree.Find("statements");
  if (tree.size() != 2 || !statements || !statements->is_array())
    return NotAllowed("shape", "the statement's tree is no tree", std::nullopt);
  if (statements->size() == 0) return Error(ErrorCode::kInvalidArgument, "there is no statement in this text");
  if (statements->size() != 1) return NotAllowed("statement", "one statement at a time, please", std::nullopt);

  GateWalk walk(functions, options);
  LH_TRY(statements->ForEachElement([&](JsonView statement) { return walk.Statement(statement); }));
  Verdict verdict = std::move(walk.verdict());
  if (!walk.renamed().views.empty() || verdict.lists_tables) verdict.tree = RewriteTables(tree, walk.renamed(), kTableListView);
  return verdict;
}

}  // namespace lakehouse::query
