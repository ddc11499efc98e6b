// The library itself as a process: one JSON line in, {"sql": "…"} or {"reset": true}; one JSON line out, {"rows": [[…]]} of texts
// and nulls, or {"error": "…"}. The harness asks it for what the right answer is.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "side_engine.h"

namespace {

using lakehouse::JsonDocument;
using lakehouse::JsonWriter;
using lakehouse::query::SideEngine;

std::string Answer(SideEngine& engine, const std::string& sql) {
  const auto rows = engine.Rows(sql);
  JsonWriter json;
  json.Open('{');
  if (rows.size() == 1 && rows[0].size() == 1 && rows[0][0].starts_with("ERROR: ")) {
    json.Key("error");
    json.String(rows[0][0].substr(7));
  } else {
    json.Key("rows");
    json.Open('[');
    for (const auto& row : rows) {
      json.Open('[');
      for (const auto& cell : row) json.String(cell);
      json.Close(']');
    }
    json.Close(']');
  }
  json.Close('}');
  return std::move(json).Take();
}

}  // namespace

/// side_engine DIRECTORY: relative names in statements start there.
int main(int argc, char** argv) {
  if (argc != 2 || chdir(argv[1]) != 0) return std::fprintf(stderr, "usage: side_engine DIRECTORY\n"), 2;
  auto engine = std::make_unique<SideEngine>();
  for (std::string line; std::getline(std::cin, line);) {
    const auto document = JsonDocument::Parse(line);
    if (!document) return std::fprintf(stderr, "not JSON: %s\n", line.c_str()), 2;
    const auto sql = document->root().Find("sql");
    if (sql) {
      std::cout << Answer(*engine, std::string(sql->AsString().value_or(""))) << std::endl;
    } else {
      engine.reset();
      engine = std::make_unique<SideEngine>();
      std::cout << "{\"rows\":[]}" << std::endl;
    }
  }
  return 0;
}
