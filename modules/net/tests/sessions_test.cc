#include "lakehouse/net/sessions.h"

#include <gtest/gtest.h>

#include "access.h"
#include "base_testing/fake_clock.h"
#include "base_testing/seeded_random.h"

namespace lakehouse::net {
namespace {

struct Door {
  FakeClock clock;
  SeededRandom random{7};
  Sessions sessions{{.token = Secret("t0ken"), .token_secondary = Secret("older"), .key = Secret("key")}, clock, random};

  std::string Header(std::string_view token = "t0ken") {
    auto session = sessions.LogIn(token, "10.0.0.1");
    EXPECT_TRUE(session.ok());
    return "theme=dark; lakehouse_session=" + (session ? *session : "") + "; x=1";
  }
};

TEST(Sessions, ATokenBecomesACookieThatDoesNotHoldIt) {
  Door door;
  const std::string header = door.Header();
  EXPECT_EQ(header.find("t0ken"), std::string::npos);
  EXPECT_TRUE(door.sessions.Admits(header));
  EXPECT_TRUE(door.sessions.Admits(door.Header("older")));
  EXPECT_FALSE(door.sessions.Admits(""));
  EXPECT_FALSE(door.sessions.Admits("lakehouse_session="));
  EXPECT_FALSE(door.sessions.Admits("lakehouse_session=t0ken"));
}

TEST(Sessions, EveryChangedCharacterMakesItWorthless) {
  Door door;
  const std::string session = door.sessions.LogIn("t0ken", "10.0.0.1").Take();
  for (std::size_t i = 0; i < session.size(); ++i) {
    std::string other = session;
    other[i] = other[i] == '1' ? '2' : '1';
    EXPECT_FALSE(door.sessions.Admits("lakehouse_session=" + other)) << i;
  }
  EXPECT_FALSE(door.sessions.Admits("lakehouse_session=" + session.substr(1)));
  EXPECT_TRUE(door.sessions.Admits("lakehouse_session=" + session));
}

TEST(Sessions, EndWithTheirTimeTheLogoutTheTokenAndTheKey) {
  Door door;
  const std::string first = door.Header(), second = door.Header();
  door.sessions.LogOut(first);
  EXPECT_FALSE(door.sessions.Admits(first));
  EXPECT_TRUE(door.sessions.Admits(second));
  const Sessions same({.token = Secret("t0ken"), .key = Secret("key")}, door.clock, door.random);
  EXPECT_TRUE(same.Admits(second)) << "a restart ends no session";
  const Sessions rotated({.token = Secret("new"), .key = Secret("key")}, door.clock, door.random);
  EXPECT_FALSE(rotated.Admits(second));
  const Sessions elsewhere({.token = Secret("t0ken"), .key = Secret("other key")}, door.clock, door.random);
  EXPECT_FALSE(elsewhere.Admits(second));
  door.clock.AdvanceMs(12ll * 3600 * 1000);
  EXPECT_FALSE(door.sessions.Admits(second));
}

TEST(Sessions, GuessingIsSlow) {
  Door door;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(door.sessions.LogIn("guess", "10.0.0.2").error().reason(), "bad_token");
  EXPECT_EQ(door.sessions.LogIn("t0ken", "10.0.0.2").error().reason(), "too_many_logins") << "not even the right one";
  EXPECT_TRUE(door.sessions.LogIn("t0ken", "10.0.0.3").ok()) << "another address";
  door.clock.AdvanceMs(61'000);
  EXPECT_TRUE(door.sessions.LogIn("t0ken", "10.0.0.2").ok());
}

TEST(Sessions, WithoutATokenNobodyGetsIn) {
  FakeClock clock;
  SeededRandom random{7};
  Sessions sessions({.key = Secret("key")}, clock, random);
  EXPECT_FALSE(sessions.LogIn("", "10.0.0.1").ok());
}

TEST(Sessions, TheCookieIsTheBrowsersAlone) {
  Door door;
  EXPECT_EQ(door.sessions.SetCookie("abc", true), "lakehouse_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure");
  EXPECT_EQ(door.sessions.SetCookie("", false), "lakehouse_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(AccessPolicy, TakesACookieFromItsOwnPagesOnly) {
  Door door;
  HttpServer::Options options;
  options.token = Secret("t0ken");
  options.auth_required = true;
  options.sessions = &door.sessions;
  const auto policy = AccessPolicy::Make(options);
  const std::string cookie = door.Header();
  const auto is_in = [&](const std::string& method, std::vector<HttpHeader> more) {
    RequestHead head;
    head.method = method;
    head.host = "127.0.0.1";
    head.headers = std::move(more);
    head.headers.push_back({"Cookie", cookie});
    return std::holds_alternative<std::string>(policy->Authenticate(head, Route()));
  };
  EXPECT_TRUE(is_in("GET", {}));
  EXPECT_TRUE(is_in("GET", {{"Sec-Fetch-Site", "none"}}));
  EXPECT_TRUE(is_in("POST", {{"Sec-Fetch-Site", "same-origin"}}));
  EXPECT_TRUE(is_in("POST", {{"Origin", "http://127.0.0.1"}})) << "CheckHostAndOrigin compares it";
  EXPECT_FALSE(is_in("GET", {{"Sec-Fetch-Site", "same-site"}})) << "another port of this host";
  EXPECT_FALSE(is_in("GET", {{"Sec-Fetch-Site", "cross-site"}}));
  EXPECT_FALSE(is_in("POST", {})) << "what changes something says where it comes from";
  EXPECT_FALSE(is_in("GET", {{"Authorization", "Bearer wrong"}})) << "a wrong token is not mended by a cookie";
}

}  // namespace
}  // namespace lakehouse::net
