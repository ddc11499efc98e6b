#include "lakehouse/base/json_view.h"

#include <bit>

#include "json_dom.h"

namespace lakehouse {
namespace {

using ViewElement = simdjson::dom::element;
using ViewType = simdjson::dom::element_type;

/// What a JsonView carries, so that the parser's type stays out of the public header.
struct RawElement {
  const void* document;
  std::size_t index;
};
static_assert(sizeof(ViewElement) == sizeof(RawElement) && std::is_trivially_copyable_v<ViewElement>);

}  // namespace

struct JsonViewAccess {
  static ViewElement ElementOf(const JsonView& view) {
    if (view.document_ == nullptr) return ViewElement();
    return std::bit_cast<ViewElement>(RawElement{view.document_, view.index_});
  }
  static JsonView ViewOf(const ViewElement& element) {
    const auto raw = std::bit_cast<RawElement>(element);
    JsonView view;
    view.document_ = raw.document;
    view.index_ = raw.index;
    return view;
  }
};

struct JsonDocument::State {
  simdjson::dom::parser parser;
  ViewElement root;

  /// What the last document of this thread left behind, when it was of an ordinary size: a parser's room costs more to get than most
  /// texts cost to read.
  static std::unique_ptr<State>& spare() {
    static thread_local std::unique_ptr<State> kept;
    return kept;
  }
};

namespace {
constexpr std::size_t kKeptCapacity = 64 * 1024;
#ifdef __SANITIZE_ADDRESS__
constexpr bool kKeepsParsers = false;  // a view that outlives its document is to be found
#else
constexpr bool kKeepsParsers = true;
#endif

ViewElement ElementOf(const JsonView& view) { return JsonViewAccess::ElementOf(view); }
}  // namespace

JsonView::Kind JsonView::kind() const {
  if (document_ == nullptr) return Kind::kNull;
  switch (ElementOf(*this).type()) {
    case ViewType::NULL_VALUE: return Kind::kNull;
    case ViewType::BOOL: return Kind::kBool;
    case ViewType::INT64:
    case ViewType::UINT64: return Kind::kInteger;
    case ViewType::DOUBLE: return Kind::kNumber;
    case ViewType::STRING: return Kind::kString;
    case ViewType::ARRAY: return Kind::kArray;
    case ViewType::OBJECT: return Kind::kObject;
  }
  return Kind::kNull;
}

std::optional<bool> JsonView::AsBool() const {
  bool value = false;
  if (kind() != Kind::kBool || ElementOf(*this).get(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> JsonView::AsInteger() const {
  std::int64_t value = 0;
  if (kind() != Kind::kInteger || ElementOf(*this).get(value)) return std::nullopt;
  return value;
}

std::optional<double> JsonView::AsNumber() const {
  double value = 0;
  if ((kind() != Kind::kInteger && kind() != Kind::kNumber) || ElementOf(*this).get(value)) return std::nullopt;
  return value;
}

std::optional<std::string_view> JsonView::AsString() const {
  std::string_view value;
  if (kind() != Kind::kString || ElementOf(*this).get(value)) return std::nullopt;
  return value;
}

std::optional<JsonView> JsonView::Find(std::string_view key) const {
  if (!is_object()) return std::nullopt;
  for (const auto [name, element] : ObjectOf(ElementOf(*this)))
    if (name == key) return JsonViewAccess::ViewOf(element);
  return std::nullopt;
}

std::size_t JsonView::size() const {
  // Counted one by one: the parser's own count saturates at 2^24.
  std::size_t count = 0;
  if (is_array())
    for ([[maybe_unused]] const auto element : ArrayOf(ElementOf(*this))) ++count;
  if (is_object())
    for ([[maybe_unused]] const auto member : ObjectOf(ElementOf(*this))) ++count;
  return count;
}

Status JsonView::ForEachElement(const std::function<Status(JsonView)>& visit) const {
  if (!is_array()) return Ok{};
  for (const auto element : ArrayOf(ElementOf(*this))) LH_TRY(visit(JsonViewAccess::ViewOf(element)));
  return Ok{};
}

Status JsonView::ForEachMember(const std::function<Status(std::string_view key, JsonView)>& visit) const {
  if (!is_object()) return Ok{};
  for (const auto [name, element] : ObjectOf(ElementOf(*this))) LH_TRY(visit(name, JsonViewAccess::ViewOf(element)));
  return Ok{};
}

bool JsonView::AppendFloatsTo(std::vector<float>& out) const {
  if (!is_array()) return false;
  const std::size_t before = out.size();
  out.reserve(before + ArrayOf(ElementOf(*this)).size());
  for (const auto element : ArrayOf(ElementOf(*this))) {
    double value = 0;
    if (element.get(value)) {
      out.resize(before);
      return false;
    }
    out.push_back(static_cast<float>(value));
  }
  return true;
}

std::string JsonView::ToJson() const {
  if (document_ == nullptr) return "null";
  JsonWriter writer;
  WriteElement(writer, ElementOf(*this));
  return std::move(writer).Take();
}

JsonDocument::JsonDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonDocument::~JsonDocument() {
  if (kKeepsParsers && state_ != nullptr && state_->parser.capacity() <= kKeptCapacity) State::spare() = std::move(state_);
}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  std::unique_ptr<State> state = std::move(State::spare());
  if (state == nullptr) state = std::make_unique<State>();
  state->root = LH_TRY(ParseDom(state->parser, text));
  return JsonDocument(std::move(state));
}

JsonView JsonDocument::root() const { return JsonViewAccess::ViewOf(state_->root); }

}  // namespace lakehouse
