#include "time_zone.h"

#include <algorithm>

#include "lakehouse/base/file.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kMostBytes = 1 << 20;

std::int64_t BigEndian(std::string_view octets) {
  std::uint64_t number = (static_cast<unsigned char>(octets[0]) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (const char c : octets) number = number << 8U | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(number);
}

/// The numbers of a header: how many of each kind its block holds.
struct Counts {
  std::size_t is_utc, is_standard, leaps, times, types, letters;
  explicit Counts(std::string_view header) {
    const auto at = [&](std::size_t i) { return static_cast<std::size_t>(BigEndian(header.substr(20 + 4 * i, 4))); };
    is_utc = at(0), is_standard = at(1), leaps = at(2), times = at(3), types = at(4), letters = at(5);
  }
  std::size_t Bytes(std::size_t width) const {
    return times * (width + 1) + types * 6 + letters + leaps * (width + 4) + is_standard + is_utc;
  }
  bool sane() const { return std::max({is_utc, is_standard, leaps, times, types, letters}) < kMostBytes && types > 0; }
};

bool IsZoneName(std::string_view name) {
  if (name.size() > 64 || name.starts_with('/') || name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
  });
}

}  // namespace

Result<TimeZone> TimeZone::Load(const std::string& name, const std::string& directory) {
  TimeZone zone;
  if (name.empty() || name == "UTC") return zone;
  const auto bad = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 "this machine knows no time zone of that name; Europe/Berlin is the form, with the package tzdata")
        .Named("bad_zone");
  };
  if (!IsZoneName(name)) return bad();
  const auto octets = ReadFile(directory + "/" + name);
  if (!octets || octets->size() > kMostBytes || octets->size() < 2 * kHeaderBytes || !octets->starts_with("TZif") || (*octets)[4] < '2')
    return bad();
  std::string_view rest = *octets;
  const Counts old(rest);
  if (!old.sane() || rest.size() < 2 * kHeaderBytes + old.Bytes(4)) return bad();
  rest.remove_prefix(kHeaderBytes + old.Bytes(4));
  const Counts counts(rest);
  if (!rest.starts_with("TZif") || !counts.sane() || rest.size() < kHeaderBytes + counts.Bytes(8)) return bad();
  rest.remove_prefix(kHeaderBytes);
  const std::string_view types = rest.substr(counts.times * 9, counts.types * 6);
  const auto offset_of = [&](std::size_t type) { return BigEndian(types.substr(type * 6, 4)); };
  zone.first_ = offset_of(0);
  for (std::size_t i = 0; i < counts.times; ++i) {
    const auto type = static_cast<std::size_t>(static_cast<unsigned char>(rest[counts.times * 8 + i]));
    if (type >= counts.types) return bad();
    zone.from_.push_back(BigEndian(rest.substr(i * 8, 8)));
    zone.offsets_.push_back(offset_of(type));
  }
  std::string_view footer = rest.substr(counts.Bytes(8));
  if (!footer.starts_with('\n') || footer.size() < 2 || footer.find('\n', 1) == std::string_view::npos) return bad();
  footer = footer.substr(1, footer.find('\n', 1) - 1);
  if (!footer.empty()) zone.rule_ = ZoneRule::Parse(footer);
  if (!footer.empty() && !zone.rule_) return bad();
  return zone;
}

std::int64_t TimeZone::OffsetAt(std::int64_t utc_seconds) const {
  if (rule_ && (from_.empty() || utc_seconds >= from_.back())) return rule_->OffsetAt(utc_seconds);
  const auto after = std::upper_bound(from_.begin(), from_.end(), utc_seconds);
  return after == from_.begin() ? first_ : offsets_[static_cast<std::size_t>(after - from_.begin()) - 1];
}

}  // namespace lakehouse::ingest
