#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lakehouse/net/byte_source.h"
#include "lakehouse/query/query.h"

/// A result as one stream of octets: parts of {u8 kind, u32 length little endian, payload}. 'H' the header as JSON, first; 'D'
/// octets of the result, any number; 'S' the summary as JSON, last.
namespace lakehouse::query {

/// Puts a result into parts.
std::unique_ptr<net::ByteSource> PartsOf(std::unique_ptr<QueryResult> result);

/// Reads the header and gives the result that the parts are. kCorruption: they are none.
Result<std::unique_ptr<QueryResult>> ResultOf(const Context& context, std::unique_ptr<net::ByteSource> parts);

}  // namespace lakehouse::query
