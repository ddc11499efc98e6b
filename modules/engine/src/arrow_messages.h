#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/engine/column.h"
#include "shape.h"

/// The metadata of Arrow's IPC streaming format: each function gives one encapsulated message without its body.
namespace lakehouse::engine {

std::string ArrowSchemaMessage(const std::vector<Column>& columns, const std::vector<Shape>& shapes);
/// `nodes` and `buffers` hold structs of two i64 each.
std::string ArrowBatchMessage(std::int64_t rows, std::string_view nodes, std::string_view buffers, std::int64_t body_bytes);
std::string ArrowEndOfStream();

}  // namespace lakehouse::engine
