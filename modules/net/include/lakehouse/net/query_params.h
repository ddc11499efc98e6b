#pragma once
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"
#include "lakehouse/net/http_message.h"
#include "lakehouse/net/route.h"

namespace lakehouse::net {

/// A whole number in the query of a request. One declaration is documented and read, so the document tells the limits that hold.
struct WholeNumber {
  std::string_view name;
  std::string_view description;
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::optional<std::int64_t> otherwise = std::nullopt;  ///< when the request does not say
  bool required = false;
  std::string_view example = {};

  Param Describe() const;
  /// kInvalidArgument for what is no whole number from `least` to `most`, and for nothing when it is required.
  Result<std::optional<std::int64_t>> Find(const HttpRequest& request) const;
  /// The same of one that has `otherwise` or is required.
  Result<std::int64_t> Get(const HttpRequest& request) const;
};

/// {"type":"string","enum":[…]}
std::string ChoiceSchema(std::initializer_list<std::string_view> values);

/// Parameters whose value is any text.
Param PathText(std::string_view name, std::string_view description, std::string_view example = {});
Param QueryText(std::string_view name, std::string_view description, std::string_view example = {});

}  // namespace lakehouse::net
