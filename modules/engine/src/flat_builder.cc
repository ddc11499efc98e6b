#include "flat_builder.h"

#include <algorithm>
#include <ranges>

namespace lakehouse::engine {

void FlatBuilder::Align(std::size_t alignment, std::size_t size) {
  max_alignment_ = std::max(max_alignment_, alignment);
  const std::size_t over = (reversed_.size() + size) % alignment;
  if (over != 0) reversed_.append(alignment - over, '\0');
}

FlatBuilder::Offset FlatBuilder::String(std::string_view text) {
  Align(4, text.size() + 1);
  reversed_ += '\0';
  PutOctets(text);
  Put(static_cast<std::uint32_t>(text.size()));
  return size();
}

FlatBuilder::Offset FlatBuilder::Vector(const std::vector<Offset>& elements) {
  Align(4, elements.size() * 4);
  for (const Offset element : std::views::reverse(elements)) PutReference(element);
  Put(static_cast<std::uint32_t>(elements.size()));
  return size();
}

FlatBuilder::Offset FlatBuilder::StructVector(std::string_view octets, std::size_t count) {
  Align(4, octets.size());
  Align(8, octets.size());
  PutOctets(octets);
  Put(static_cast<std::uint32_t>(count));
  return size();
}

void FlatBuilder::BeginTable() {
  slots_.clear();
  table_start_ = size();
}

void FlatBuilder::SetSlot(unsigned slot) {
  if (slots_.size() <= slot) slots_.resize(slot + 1, 0);
  slots_[slot] = size();
}

FlatBuilder::Offset FlatBuilder::EndTable() {
  Put(std::int32_t{0});  // where the table's layout is, known below
  const Offset table = size();
  for (const Offset slot : std::views::reverse(slots_)) Put(static_cast<std::uint16_t>(slot == 0 ? 0 : table - slot));
  Put(static_cast<std::uint16_t>(table - table_start_));
  Put(static_cast<std::uint16_t>(4 + slots_.size() * 2));
  const auto back = static_cast<std::int32_t>(size() - table);
  char octets[sizeof back];
  std::memcpy(octets, &back, sizeof back);
  std::reverse_copy(octets, octets + sizeof back, reversed_.begin() + (table - static_cast<Offset>(sizeof back)));
  return table;
}

std::string FlatBuilder::Finish(Offset root) {
  Align(max_alignment_, 4);
  PutReference(root);
  return {reversed_.rbegin(), reversed_.rend()};
}

}  // namespace lakehouse::engine
