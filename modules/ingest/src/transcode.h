#pragma once
#include <memory>

#include "byte_reader.h"
#include "text_survey.h"

namespace lakehouse::ingest {

/// The text of `source` as UTF-8 without a byte order mark. Refers to the source. Windows-1252 cannot fail (its five free octets
/// become the C1 controls of the same number). kUnprocessable reason "bad_encoding": UTF-16 with half a unit or a lone surrogate,
/// with the offset of it.
std::unique_ptr<ByteReader> ToUtf8(ByteReader& source, Encoding from);

}  // namespace lakehouse::ingest
