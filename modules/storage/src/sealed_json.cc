#include "lakehouse/storage/sealed_json.h"

#include "lakehouse/base/hash.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kSealBegin = ",\"sha256\":\"";
constexpr std::string_view kSealEnd = "\"}";
constexpr std::size_t kSealDigits = 64;
constexpr std::size_t kSealBytes = kSealBegin.size() + kSealDigits + kSealEnd.size();

}  // namespace

std::string SealJson(std::string json) {
  const std::string sha256 = Sha256Hex(json);
  json.pop_back();
  return json.append(kSealBegin).append(sha256).append(kSealEnd);
}

Result<std::string> UnsealJson(std::string_view octets) {
  const bool has_room = octets.size() > kSealBytes && octets.ends_with(kSealEnd);
  const std::string_view seal = has_room ? octets.substr(octets.size() - kSealBytes) : std::string_view();
  if (!seal.starts_with(kSealBegin)) return std::string(octets);
  std::string json(octets.substr(0, octets.size() - kSealBytes));
  json += '}';
  if (Sha256Hex(json) != seal.substr(kSealBegin.size(), kSealDigits))
    return Error(ErrorCode::kCorruption, "its SHA-256 is not the one that it carries").Named("corrupt_object");
  return json;
}

}  // namespace lakehouse::storage
