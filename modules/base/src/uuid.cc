#include "lakehouse/base/uuid.h"

#include <algorithm>

#include "lakehouse/base/guarded.h"
#include "lakehouse/base/hash.h"
#include "sha1.h"

namespace lakehouse {
namespace {

using UuidOctets = std::array<unsigned char, 16>;

constexpr bool IsDashPlace(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

int HexDigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void SetVersion(UuidOctets& octets, unsigned version) {
  octets[6] = static_cast<unsigned char>((octets[6] & 0x0f) | version << 4);
  octets[8] = static_cast<unsigned char>((octets[8] & 0x3f) | 0x80);
}

/// The last version 7 id as a number: 48 bits of milliseconds, then the 74 free bits (12 and 62 of them in the id).
struct TimeOrdered {
  std::uint64_t ms = 0;
  std::uint64_t high = 0;  ///< 12 bits
  std::uint64_t low = 0;   ///< 62 bits
};
constexpr std::uint64_t kHighEnd = std::uint64_t{1} << 12;
constexpr std::uint64_t kLowEnd = std::uint64_t{1} << 62;
constexpr std::uint64_t kMsEnd = std::uint64_t{1} << 48;

/// The step past the previous id is random, so that one id does not tell the next; a new millisecond leaves the upper half of
/// the tail free, so that stepping practically never has to borrow a millisecond from the future.
void Advance(TimeOrdered& last, std::uint64_t now_ms, Random& random) {
  if (now_ms > last.ms) {
    last = {now_ms, random.Below(kHighEnd / 2), random.Below(kLowEnd)};
    return;
  }
  last.low += 1 + random.Below(std::uint64_t{1} << 40);
  if (last.low < kLowEnd) return;
  last.low -= kLowEnd;
  if (++last.high < kHighEnd) return;
  last.high = 0;
  ++last.ms;
}

}  // namespace

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  UuidOctets octets{};
  std::size_t digit = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (IsDashPlace(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const int value = HexDigitValue(text[at]);
    if (value < 0) return std::nullopt;
    octets[digit / 2] = static_cast<unsigned char>(octets[digit / 2] << 4 | value);
    ++digit;
  }
  return Uuid(octets);
}

Uuid Uuid::FromName(const Uuid& name_space, std::string_view name) {
  std::string hashed(reinterpret_cast<const char*>(name_space.octets().data()), name_space.octets().size());
  hashed += name;
  const auto digest = Sha1Of(hashed);
  UuidOctets octets;
  std::copy_n(digest.begin(), octets.size(), octets.begin());
  SetVersion(octets, 5);
  return Uuid(octets);
}

std::string Uuid::ToString() const {
  std::string text = ToHex(octets_);
  for (std::size_t at = 0; at < text.size(); ++at)
    if (IsDashPlace(at)) text.insert(at, 1, '-');
  return text;
}

Uuid NewUuid(const Clock& clock, Random& random) {
  static Guarded<TimeOrdered> shared;  // the order must hold across the whole process
  auto last = shared.Lock();
  const std::int64_t now_ms = clock.WallMicros() / 1000;
  Advance(*last, static_cast<std::uint64_t>(std::clamp<std::int64_t>(now_ms, 0, kMsEnd - 1)), random);

  UuidOctets octets{};
  for (std::size_t i = 0; i < 6; ++i) octets[i] = static_cast<unsigned char>(last->ms >> (40 - 8 * i));
  octets[6] = static_cast<unsigned char>(last->high >> 8);
  octets[7] = static_cast<unsigned char>(last->high);
  for (std::size_t i = 0; i < 8; ++i) octets[8 + i] = static_cast<unsigned char>(last->low >> (56 - 8 * i));
  SetVersion(octets, 7);
  return Uuid(octets);
}

}  // namespace lakehouse
