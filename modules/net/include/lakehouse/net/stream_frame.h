#pragma once
#include <memory>
#include <string>

#include "lakehouse/base/secret.h"
#include "lakehouse/net/byte_source.h"

/// A stream between daemons is a run of frames: one octet of kind, four of length (little endian), the payload. Kinds: 'D' data,
/// then exactly one last of 'E' (the stream is whole) or 'X' (it failed: the error as JSON). The payload of the last begins with
/// 64 hex digits: HMAC-SHA256 under the internal key over the call's nonce, the SHA-256 of all data, the kind and the rest.
/// A body that ends without a last frame was cut.
namespace lakehouse::net {

/// Puts frames around what the source gives; an error of the source becomes the last frame.
std::unique_ptr<ByteSource> FrameStream(std::unique_ptr<ByteSource> source, Secret key, std::string nonce);
/// Takes them off again. Errors of the far source arrive as they were; kOutcomeUnknown for a stream that was cut; kCorruption
/// for one that breaks the format (a frame is at most 64 MiB); kUnauthenticated when the last frame's mac does not fit.
std::unique_ptr<ByteSource> UnframeStream(std::unique_ptr<ByteSource> frames, Secret key, std::string nonce);

}  // namespace lakehouse::net
