#pragma once
#include <cstdint>
#include <memory>

#include "byte_reader.h"

namespace lakehouse::ingest {

/// What an unpacked file may be. A bomb is small, what comes out of it is not: the ratio bounds the harm before the size does.
struct UnpackLimits {
  std::int64_t max_bytes = std::int64_t{16} << 30;
  std::int64_t ratio = 100;                               ///< out : in …
  std::int64_t ratio_free_bytes = std::int64_t{1} << 20;  ///< … once more than this came out
};

/// What `source` holds, unpacked: all members or frames one after another. Refers to the source.
/// kUnprocessable: reason "bad_gzip" or "bad_zstd" (damaged, cut short, followed by other octets; the message says at which octet
/// of the packed file), reason "decompression_bomb" (over a limit).
std::unique_ptr<ByteReader> Gunzip(ByteReader& source, const UnpackLimits& limits);
std::unique_ptr<ByteReader> Unzstd(ByteReader& source, const UnpackLimits& limits);

}  // namespace lakehouse::ingest
