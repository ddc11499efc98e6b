#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"

namespace lakehouse::net {

/// Browsers cannot send a bearer token with a link, so a person gives it once and gets a cookie instead. The cookie is no token: it
/// says until when it holds, and a mac over that is made from the server's key and the token, so that it ends with either. Nothing
/// is kept per session but those that were ended early. Thread-safe.
class Sessions {
 public:
  static constexpr std::string_view kCookie = "lakehouse_session";

  struct Options {
    Secret token;  ///< what HttpServer takes; the second one is for rotation
    Secret token_secondary;
    Secret key;  ///< signs; empty: one of this object's own, whose sessions end with it
    std::int64_t lifetime_ms = 12ll * 3600 * 1000;
    std::size_t max_failures = 5;  ///< from one address within a minute; then nothing is compared until the minute is over
  };
  explicit Sessions(Options options) : Sessions(std::move(options), SystemClock(), SystemRandom()) {}
  Sessions(Options options, const Clock& clock, Random& random);

  /// The value of a new session. kUnauthenticated reason "bad_token": show the form again; kResourceExhausted reason
  /// "too_many_logins": ask to wait a minute.
  Result<std::string> LogIn(std::string_view token, const std::string& peer_address);
  /// Whether a Cookie header holds a session that is in force.
  bool Admits(std::string_view cookie_header) const;
  /// Ends the session of this header, if it has one. Known to this process alone; elsewhere it ends with its time.
  void LogOut(std::string_view cookie_header);

  /// Value of Set-Cookie. `session` empty: removes it. `secure`: the browser came by https.
  std::string SetCookie(std::string_view session, bool secure) const;
  /// Whether `given` is one of the tokens, in a time that says nothing about them.
  static bool IsOneOf(std::string_view given, const Secret& token, const Secret& token_secondary);

 private:
  struct Failures {
    std::size_t count = 0;
    std::int64_t since_nanos = 0;
  };
  struct State {
    std::map<std::string, Failures> failures;   ///< by address
    std::map<std::string, std::int64_t> ended;  ///< mac of a session to its expiry, in seconds
  };
  std::string MacOf(std::string_view claim, const Secret& token) const;
  /// The session in force, "" for none.
  std::string Find(std::string_view cookie_header) const;

  const Options options_;
  const Clock& clock_;
  Random& random_;
  std::string key_;
  mutable Guarded<State> state_;
};

}  // namespace lakehouse::net
