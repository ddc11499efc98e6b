#include "type_tree.h"

#include <algorithm>
#include <cctype>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/engine/session.h"

namespace lakehouse::ingest {
namespace {

constexpr int kMaxTypeDepth = 32;

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<TypeTree> Whole() {
    TypeTree type = LH_TRY(Type(0));
    Space();
    if (at_ != text_.size()) return Bad();
    return type;
  }

 private:
  Error Bad() const {
    return Error(ErrorCode::kInvalidArgument, "\"" + std::string(text_) + "\" is no type, from character " + std::to_string(at_ + 1));
  }
  void Space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool Eat(char c) {
    Space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Result<std::string> Quoted(char quote) {
    std::string name;
    ++at_;
    for (;;) {
      if (at_ >= text_.size()) return Bad();
      const char c = text_[at_++];
      if (c != quote)
        name += c;
      else if (at_ < text_.size() && text_[at_] == quote)
        name += text_[at_++];
      else
        return name;
    }
  }
  static bool IsWordOctet(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  }
  std::string Word() {
    Space();
    const std::size_t from = at_;
    while (at_ < text_.size() && IsWordOctet(text_[at_])) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  Result<TypeTree> Type(int depth) {
    if (depth > kMaxTypeDepth) return Bad();
    Space();
    TypeTree type;
    if (at_ < text_.size() && text_[at_] == '"') {
      const std::size_t from = at_;
      type.name = LH_TRY(Quoted('"'));
      // A name that needs its quotes keeps them: it is spelled as it was read.
      if (type.name.empty() || !std::ranges::all_of(type.name, IsWordOctet)) type.name = text_.substr(from, at_ - from);
    } else {
      const std::string word = Word();
      if (word.empty()) return Bad();
      if (word == "STRUCT" && Eat('('))
        LH_TRY(Members(type, depth));
      else if (word == "MAP" && Eat('('))
        LH_TRY(Map(type, depth));
      else
        LH_TRY(Plain(type, word));
    }
    while (Eat('[')) {
      if (++depth > kMaxTypeDepth) return Bad();
      while (at_ < text_.size() && text_[at_] != ']') ++at_;
      if (!Eat(']')) return Bad();
      TypeTree list;
      list.kind = TypeTree::Kind::kList;
      list.children.push_back(std::move(type));
      type = std::move(list);
    }
    return type;
  }
  Status Members(TypeTree& type, int depth) {
    type.kind = TypeTree::Kind::kStruct;
    do {
      Space();
      std::string name = at_ < text_.size() && text_[at_] == '"' ? LH_TRY(Quoted('"')) : Word();
      if (name.empty()) return Bad();
      type.members.push_back(std::move(name));
      type.children.push_back(LH_TRY(Type(depth + 1)));
    } while (Eat(','));
    if (!Eat(')')) return Bad();
    return Ok{};
  }
  Status Map(TypeTree& type, int depth) {
    type.kind = TypeTree::Kind::kMap;
    type.children.push_back(LH_TRY(Type(depth + 1)));
    if (!Eat(',')) return Bad();
    type.children.push_back(LH_TRY(Type(depth + 1)));
    if (!Eat(')')) return Bad();
    return Ok{};
  }
  /// Words and one group of parentheses, kept as they stand: "TIMESTAMP WITH TIME ZONE", "ENUM('a', 'b')".
  Status Plain(TypeTree& type, const std::string& word) {
    type.name = word;
    for (;;) {
      const std::size_t before = at_;
      const std::string next = Word();
      if (next.empty()) {
        at_ = before;
        break;
      }
      type.name += " " + next;
    }
    if (at_ >= text_.size() || text_[at_] != '(') return Ok{};
    int open = 0;
    const std::size_t from = at_;
    do {
      if (at_ >= text_.size()) return Bad();
      const char c = text_[at_];
      if (c == '\'' || c == '"') {
        LH_TRY(Quoted(c));
        continue;
      }
      if (c == '(') ++open;
      if (c == ')') --open;
      ++at_;
    } while (open > 0);
    type.name += text_.substr(from, at_ - from);
    return Ok{};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool IsGeometry(const TypeTree& type) { return type.kind == TypeTree::Kind::kPlain && type.name.starts_with("GEOMETRY"); }

std::string StoredName(const std::string& name) {
  for (const std::string_view same : {"BOOLEAN", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DATE", "TIME", "TIMESTAMP",
                                      "TIMESTAMP WITH TIME ZONE", "VARCHAR", "BLOB", "UUID"})
    if (name == same) return name;
  if (name.starts_with("DECIMAL(")) return name;
  for (const std::string_view narrow : {"TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"})
    if (name == narrow) return "INTEGER";
  if (name == "UINTEGER") return "BIGINT";
  if (name == "UBIGINT") return "DECIMAL(20,0)";
  if (name == "HUGEINT" || name == "UHUGEINT") return "DECIMAL(38,0)";
  if (name == "TIMESTAMP_S" || name == "TIMESTAMP_MS" || name == "TIMESTAMP_NS") return "TIMESTAMP";
  if (name == "TIME_NS") return "TIME";
  if (name.starts_with("GEOMETRY")) return "BLOB";
  return "VARCHAR";
}

std::string IcebergName(const std::string& name) {
  if (name == "BOOLEAN") return "boolean";
  if (name == "INTEGER") return "int";
  if (name == "BIGINT") return "long";
  if (name == "FLOAT") return "float";
  if (name == "DOUBLE") return "double";
  if (name == "DATE") return "date";
  if (name == "TIME") return "time";
  if (name == "TIMESTAMP") return "timestamp";
  if (name == "TIMESTAMP WITH TIME ZONE") return "timestamptz";
  if (name == "BLOB") return "binary";
  if (name == "UUID") return "uuid";
  if (name.starts_with("DECIMAL(")) return "decimal" + name.substr(7);
  return "string";
}

/// Gives out the ids of one column's nested parts.
class NestedIds {
 public:
  explicit NestedIds(std::int32_t field_id) : next_(1'000'000 + std::int64_t{field_id} * 1'000) {}
  std::int64_t Next() { return ++next_; }

 private:
  std::int64_t next_;
};

std::string NestedFieldIds(const TypeTree& type, std::int64_t id, NestedIds& ids) {
  if (type.kind == TypeTree::Kind::kPlain) return std::to_string(id);
  std::string text = "{__duckdb_field_id: " + std::to_string(id);
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    const std::string name = type.kind == TypeTree::Kind::kList  ? "element"
                             : type.kind == TypeTree::Kind::kMap ? (i == 0 ? "key" : "value")
                                                                 : type.members[i];
    const std::int64_t child = ids.Next();
    text += ", " + QuoteName(name) + ": " + NestedFieldIds(type.children[i], child, ids);
  }
  return text + "}";
}

void WriteIcebergType(JsonWriter& json, const TypeTree& type, NestedIds& ids) {
  if (type.kind == TypeTree::Kind::kPlain) return json.String(IcebergName(type.name));
  json.Open('{');
  json.Key("type");
  switch (type.kind) {
    case TypeTree::Kind::kPlain: break;
    case TypeTree::Kind::kList:
      json.String("list");
      json.Key("element-id");
      json.Integer(ids.Next());
      json.Key("element-required");
      json.Bool(false);
      json.Key("element");
      WriteIcebergType(json, type.children[0], ids);
      break;
    case TypeTree::Kind::kMap:
      json.String("map");
      json.Key("key-id");
      json.Integer(ids.Next());
      json.Key("key");
      WriteIcebergType(json, type.children[0], ids);
      json.Key("value-id");
      json.Integer(ids.Next());
      json.Key("value-required");
      json.Bool(false);
      json.Key("value");
      WriteIcebergType(json, type.children[1], ids);
      break;
    case TypeTree::Kind::kStruct:
      json.String("struct");
      json.Key("fields");
      json.Open('[');
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        json.Open('{');
        json.Key("id");
        json.Integer(ids.Next());
        json.Key("name");
        json.String(type.members[i]);
        json.Key("required");
        json.Bool(false);
        json.Key("type");
        WriteIcebergType(json, type.children[i], ids);
        json.Close('}');
      }
      json.Close(']');
      break;
  }
  json.Close('}');
}

}  // namespace

Result<TypeTree> ParseType(std::string_view text) { return TypeParser(text).Whole(); }

std::string SpellType(const TypeTree& type) {
  switch (type.kind) {
    case TypeTree::Kind::kPlain: return type.name;
    case TypeTree::Kind::kList: return SpellType(type.children[0]) + "[]";
    case TypeTree::Kind::kMap: return "MAP(" + SpellType(type.children[0]) + ", " + SpellType(type.children[1]) + ")";
    case TypeTree::Kind::kStruct: break;
  }
  std::string text = "STRUCT(";
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    if (i > 0) text += ", ";
    text += QuoteName(type.members[i]) + " " + SpellType(type.children[i]);
  }
  return text + ")";
}

TypeTree StoredType(const TypeTree& type) {
  TypeTree stored = type;
  if (stored.kind == TypeTree::Kind::kPlain) stored.name = StoredName(type.name);
  for (TypeTree& child : stored.children) child = StoredType(child);
  return stored;
}

std::size_t CountParts(const TypeTree& type) {
  std::size_t count = type.children.size();
  for (const TypeTree& child : type.children) count += CountParts(child);
  return count;
}

std::string StoreExpression(const std::string& quoted_column, const TypeTree& from) {
  if (IsGeometry(from)) return "ST_AsWKB(" + quoted_column + ")";
  const std::string stored = SpellType(StoredType(from));
  if (stored == SpellType(from)) return quoted_column;
  return "CAST(" + quoted_column + " AS " + stored + ")";
}

Result<std::string> FieldIdsOf(const std::vector<catalog::Column>& columns) {
  std::string text = "{";
  for (const catalog::Column& column : columns) {
    if (text.size() > 1) text += ", ";
    NestedIds ids(column.field_id);
    text += QuoteName(column.name) + ": " + NestedFieldIds(LH_TRY(ParseType(column.type)), column.field_id, ids);
  }
  return text + "}";
}

Result<std::string> IcebergSchemaOf(const std::vector<catalog::Column>& columns) {
  JsonWriter json;
  json.Open('{');
  json.Key("type");
  json.String("struct");
  json.Key("schema-id");
  json.Integer(0);
  json.Key("fields");
  json.Open('[');
  for (const catalog::Column& column : columns) {
    NestedIds ids(column.field_id);
    json.Open('{');
    json.Key("id");
    json.Integer(column.field_id);
    json.Key("name");
    json.String(column.name);
    json.Key("required");
    json.Bool(false);
    json.Key("type");
    WriteIcebergType(json, LH_TRY(ParseType(column.type)), ids);
    json.Close('}');
  }
  json.Close(']');
  json.Close('}');
  return std::move(json).Take();
}

}  // namespace lakehouse::ingest
