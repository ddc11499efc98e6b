#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

/// Small objects in JSON that nothing else holds a digest of: they carry their own, as their last field.
namespace lakehouse::storage {

/// `json`, an object with at least one field, with the field "sha256" behind the others: the digest of `json` as it was given.
std::string SealJson(std::string json);

/// What was sealed. kCorruption, reason "corrupt_object": the digest is another one. What has no such field at its end is given as it is,
/// for it may be older than seals are; decode it strictly, so that a seal whose name was damaged is a field that nobody knows.
Result<std::string> UnsealJson(std::string_view octets);

}  // namespace lakehouse::storage
