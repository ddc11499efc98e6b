#include "lakehouse/net/sessions.h"

#include <algorithm>
#include <charconv>

#include "lakehouse/base/hash.h"
#include "uri.h"  // Trim

namespace lakehouse::net {
namespace {

constexpr std::size_t kMaxAddresses = 4096, kMaxEnded = 4096;
constexpr std::int64_t kWindowNanos = 60ll * 1'000'000'000;
constexpr std::size_t kMacOctets = 64, kNonceOctets = 16;

std::string_view OctetsOf(const Sha256Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

std::int64_t ExpiryOf(std::string_view session) {
  std::int64_t seconds = 0;
  std::from_chars(session.data(), session.data() + session.size(), seconds);
  return seconds;
}

/// The value of our cookie in "a=1; lakehouse_session=…; b=2".
std::string_view ValueOf(std::string_view header) {
  while (!header.empty()) {
    const std::string_view pair = Trim(header.substr(0, header.find(';')));
    header.remove_prefix(std::min(header.size(), header.find(';') == std::string_view::npos ? header.size() : header.find(';') + 1));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == Sessions::kCookie) return pair.substr(equals + 1);
  }
  return {};
}

}  // namespace

Sessions::Sessions(Options options, const Clock& clock, Random& random)
    : options_(std::move(options)), clock_(clock), random_(random), key_(options_.key.empty() ? random.Hex(32) : options_.key.Reveal()) {}

bool Sessions::IsOneOf(std::string_view given, const Secret& token, const Secret& token_secondary) {
  // Digests are compared, so neither the time nor its length says anything about a token.
  const Sha256Digest digest = Sha256Of(given);
  bool known = false;
  for (const Secret* secret : {&token, &token_secondary}) {
    const bool equal = EqualInConstantTime(OctetsOf(digest), OctetsOf(Sha256Of(secret->Reveal())));
    known |= equal && !secret->empty();
  }
  return known;
}

std::string Sessions::MacOf(std::string_view claim, const Secret& token) const {
  const Sha256Digest own = HmacSha256(key_, "lakehouse session " + token.Reveal());
  return ToHex(HmacSha256(OctetsOf(own), claim));
}

Result<std::string> Sessions::LogIn(std::string_view token, const std::string& peer_address) {
  const std::int64_t now = clock_.SteadyNanos();
  {
    auto state = state_.Lock();
    std::erase_if(state->failures, [&](const auto& one) { return now - one.second.since_nanos > kWindowNanos; });
    const auto found = state->failures.find(peer_address);
    const bool is_crowded = found == state->failures.end() && state->failures.size() >= kMaxAddresses;
    if (is_crowded || (found != state->failures.end() && found->second.count >= options_.max_failures))
      return Error(ErrorCode::kResourceExhausted, "too many attempts from this address: wait a minute").Named("too_many_logins");
    // Counted before it is compared: attempts at the same time cannot all pass.
    Failures& mine = state->failures.try_emplace(peer_address, Failures{0, now}).first->second;
    ++mine.count;
  }
  if (!IsOneOf(token, options_.token, options_.token_secondary))
    return Error(ErrorCode::kUnauthenticated, "this is not the server's token").Named("bad_token");
  state_.Lock()->failures.erase(peer_address);
  const Secret& known = IsOneOf(token, options_.token, Secret()) ? options_.token : options_.token_secondary;
  const std::string claim = std::to_string((clock_.WallMicros() / 1000 + options_.lifetime_ms) / 1000) + "." + random_.Hex(kNonceOctets);
  return claim + "." + MacOf(claim, known);
}

std::string Sessions::Find(std::string_view cookie_header) const {
  const std::string_view value = ValueOf(cookie_header);
  if (value.size() < kMacOctets + 2 || value.size() > 200) return "";
  const std::size_t point = value.size() - kMacOctets - 1;
  if (value[point] != '.') return "";
  const std::string_view claim = value.substr(0, point), mac = value.substr(point + 1);
  bool known = false;
  for (const Secret* token : {&options_.token, &options_.token_secondary})
    known |= EqualInConstantTime(mac, MacOf(claim, *token)) && !token->empty();
  if (!known || ExpiryOf(claim) <= clock_.WallMicros() / 1'000'000) return "";
  if (state_.Lock()->ended.contains(std::string(mac))) return "";
  return std::string(value);
}

bool Sessions::Admits(std::string_view cookie_header) const { return !Find(cookie_header).empty(); }

void Sessions::LogOut(std::string_view cookie_header) {
  const std::string session = Find(cookie_header);
  if (session.empty()) return;
  const std::int64_t now = clock_.WallMicros() / 1'000'000;
  auto state = state_.Lock();
  std::erase_if(state->ended, [&](const auto& one) { return one.second <= now; });
  if (state->ended.size() >= kMaxEnded)
    state->ended.erase(
        std::min_element(state->ended.begin(), state->ended.end(), [](const auto& a, const auto& b) { return a.second < b.second; }));
  state->ended[session.substr(session.size() - kMacOctets)] = ExpiryOf(session);
}

std::string Sessions::SetCookie(std::string_view session, bool secure) const {
  std::string cookie = std::string(kCookie) + "=" + std::string(session) +
                       "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(session.empty() ? 0 : options_.lifetime_ms / 1000);
  if (secure) cookie += "; Secure";
  return cookie;
}

}  // namespace lakehouse::net
