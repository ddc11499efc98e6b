#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/embed/provider.h"

/// What is said to providers, and what they answer. Pure.
namespace lakehouse::embed {

/// Where a batch is posted to.
std::string EndpointOf(const ProviderOptions& options);
std::string RequestBody(ProviderKind kind, const std::string& model, std::span<const std::string* const> texts);

/// One vector as it came: not of unit length yet, and empty where there was none.
struct RawVector {
  std::vector<float> values;
  std::string why_not;  ///< what the provider says of a text without a vector
};
/// As many as `count`, in the order of the texts. kCorruption: the answer has another shape, or not a place for each text.
Result<std::vector<RawVector>> ReadAnswer(ProviderKind kind, std::string_view body, std::size_t count);

/// The words of an error in the body of an answer, in one line of at most 200 octets; empty when there are none.
std::string ErrorWords(std::string_view body);

}  // namespace lakehouse::embed
