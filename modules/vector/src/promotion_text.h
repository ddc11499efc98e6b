#pragma once
#include <map>
#include <string>

#include "lakehouse/vector/vectors_types.h"

namespace lakehouse::vector {

inline constexpr std::string_view kPromotionAttribute = "vector.promotions";
/// An attribute may take 16 KiB with all others.
inline constexpr std::size_t kMaxPromotionHistory = 50;
inline constexpr std::size_t kMaxPromotionText = 12 << 10;

/// What is in the attributes of an index's dataset; the defaults when there is nothing, or nothing that can be read.
PromotionState PromotionsFrom(const std::map<std::string, std::string>& attributes);
/// The text for the attribute; the oldest of the history goes when it would be too long.
std::string PromotionText(PromotionState state);

}  // namespace lakehouse::vector
