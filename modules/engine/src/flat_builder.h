#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::engine {

/// Writes one FlatBuffers message, as far as Arrow's metadata needs it: tables, strings, vectors of tables and of structs. The bytes grow
/// from the end to the front, so what is referred to is written before what refers to it.
class FlatBuilder {
 public:
  /// Distance of an object from the end of the buffer.
  using Offset = std::uint32_t;

  Offset String(std::string_view text);
  Offset Vector(const std::vector<Offset>& elements);
  /// `octets` holds `count` structs whose largest member has 8 octets.
  Offset StructVector(std::string_view octets, std::size_t count);

  /// Between BeginTable and EndTable only the two Adds may be called. `slot` is the field's place in the schema.
  void BeginTable();
  template <typename T>
  void Add(unsigned slot, T value) {
    Put(value);
    SetSlot(slot);
  }
  void AddReference(unsigned slot, Offset to) {
    PutReference(to);
    SetSlot(slot);
  }
  Offset EndTable();
  /// The finished buffer; nothing may be called afterwards.
  std::string Finish(Offset root);

 private:
  /// Pads so that, once `size` more octets are written, the start is a multiple of `alignment`.
  void Align(std::size_t alignment, std::size_t size);
  void PutOctets(std::string_view octets) { reversed_.append(octets.rbegin(), octets.rend()); }
  template <typename T>
  void Put(T value) {
    Align(sizeof value, sizeof value);
    char octets[sizeof value];
    std::memcpy(octets, &value, sizeof value);
    PutOctets({octets, sizeof octets});
  }
  void PutReference(Offset to) {
    Align(4, 4);
    Put(size() + 4 - to);
  }
  void SetSlot(unsigned slot);
  Offset size() const { return static_cast<Offset>(reversed_.size()); }

  std::string reversed_;  // the last octet first
  std::size_t max_alignment_ = 4;
  std::vector<Offset> slots_;
  Offset table_start_ = 0;
};

}  // namespace lakehouse::engine
