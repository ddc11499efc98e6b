#include "promotion_text.h"

#include "vectors_wire.h"

namespace lakehouse::vector {

PromotionState PromotionsFrom(const std::map<std::string, std::string>& attributes) {
  const auto found = attributes.find(std::string(kPromotionAttribute));
  if (found == attributes.end()) return {};
  auto state = DecodeJson<PromotionState>(found->second);
  return state ? std::move(state).Take() : PromotionState();
}

std::string PromotionText(PromotionState state) {
  while (true) {
    std::string text = EncodeJson(state);
    if (text.size() <= kMaxPromotionText || state.history.empty()) return text;
    state.history.pop_back();
  }
}

}  // namespace lakehouse::vector
