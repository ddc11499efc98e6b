#include "gate_rewrite.h"

#include "lakehouse/base/json_writer.h"

namespace lakehouse::query {
namespace {

std::string_view MemberText(JsonView node, std::string_view key) {
  const auto value = node.Find(key);
  return value ? value->AsString().value_or("") : "";
}

std::string JsonText(std::string_view text) {
  JsonWriter json;
  json.String(text);
  return std::move(json).Take();
}

class Rewriter {
 public:
  Rewriter(const TableNames& names, std::string_view table_list_view) : names_(names), table_list_view_(table_list_view) {}

  void Write(JsonView value) {
    if (value.is_array()) return WriteArray(value);
    if (!value.is_object()) {
      out_ += value.ToJson();
      return;
    }
    const std::string_view kind = MemberText(value, "type");
    if (kind == "SHOW_REF" && value.Find("query") && value.Find("query")->is_null()) return WriteTableList(value);
    if (kind == "BASE_TABLE") {
      const auto view = names_.views.find(TableNames::KeyOf(value));
      if (view != names_.views.end()) return WriteRenamed(value, view->second);
    }
    WriteObject(value);
  }

  std::string Take() && { return std::move(out_); }

 private:
  void WriteArray(JsonView array) {
    out_ += '[';
    bool first = true;
    (void)array.ForEachElement([&](JsonView element) -> Status {
      Comma(first);
      Write(element);
      return Ok{};
    });
    out_ += ']';
  }

  void WriteObject(JsonView object) {
    out_ += '{';
    bool first = true;
    (void)object.ForEachMember([&](std::string_view key, JsonView member) -> Status {
      Comma(first);
      out_ += JsonText(key) + ':';
      Write(member);
      return Ok{};
    });
    out_ += '}';
  }

  void WriteRenamed(JsonView table, std::string_view view) {
    out_ += '{';
    bool first = true;
    (void)table.ForEachMember([&](std::string_view key, JsonView member) -> Status {
      Comma(first);
      out_ += JsonText(key) + ':';
      if (key == "schema_name") {
        out_ += "\"\"";
      } else if (key == "table_name") {
        out_ += JsonText(view);
      } else if (key == "at_clause") {
        out_ += "null";
      } else if (key == "alias" && member.AsString() == "") {
        out_ += JsonText(MemberText(table, "table_name"));
      } else {
        out_ += member.ToJson();
      }
      return Ok{};
    });
    out_ += '}';
  }

  void WriteTableList(JsonView show) {
    std::string_view alias = MemberText(show, "alias");
    out_ += R"({"type":"BASE_TABLE","alias":)" + JsonText(alias.empty() ? "tables" : alias) +
            R"(,"sample":null,"query_location":18446744073709551615,"schema_name":"","table_name":)" + JsonText(table_list_view_) +
            R"(,"column_name_alias":[],"catalog_name":"","at_clause":null})";
  }

  void Comma(bool& first) {
    if (!first) out_ += ',';
    first = false;
  }

  const TableNames& names_;
  const std::string_view table_list_view_;
  std::string out_;
};

}  // namespace

std::string TableNames::KeyOf(JsonView base_table) {
  const auto at = base_table.Find("at_clause");
  const std::string at_text = at && !at->is_null() ? at->ToJson() : "";
  return JsonText(MemberText(base_table, "schema_name")) + JsonText(MemberText(base_table, "table_name")) + at_text;
}

std::string RewriteTables(JsonView tree, const TableNames& names, std::string_view table_list_view) {
  Rewriter rewriter(names, table_list_view);
  rewriter.Write(tree);
  return std::move(rewriter).Take();
}

}  // namespace lakehouse::query
