#include "http_source.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "byte_reader.h"
#include "column_names.h"
#include "lakehouse/base/file.h"
#include "lakehouse/net/http_client.h"

namespace lakehouse::ingest {
namespace {

constexpr int kMostRedirects = 5;
constexpr std::size_t kMostUrlBytes = 2'000;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

/// What a URL is about, as far as it decides who is spoken to.
struct Place {
  std::string scheme, host, port, path;
};

Result<Place> PlaceOf(std::string_view url) {
  const auto bad = [](const std::string& why) {
    return Error(ErrorCode::kInvalidArgument, "the URL " + why + "; it is as in https://files.example.com/people.csv").Named("bad_url");
  };
  if (url.size() > kMostUrlBytes) return bad("is longer than 2,000 octets");
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == '\x7f' || c == '\\'; }))
    return bad("has a blank or a backslash");
  Place place;
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return bad("has no scheme");
  place.scheme = Lower(url.substr(0, scheme_end));
  if (place.scheme != "http" && place.scheme != "https") return bad("is neither http nor https");
  url.remove_prefix(scheme_end + 3);
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  place.path = url.substr(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return Error(ErrorCode::kInvalidArgument,
                 "the URL holds a user or password: leave it out and name the secret that is sent as bearer token")
        .Named("password_in_url");
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad("has a host that cannot be read");
    place.host = Lower(authority.substr(1, end - 1));
    authority.remove_prefix(end + 1);
  } else {
    place.host = Lower(authority.substr(0, authority.find(':')));
    authority.remove_prefix(place.host.size());
  }
  while (place.host.ends_with('.')) place.host.pop_back();
  if (place.host.empty()) return bad("names no host");
  const std::string_view port = authority.empty() ? authority : authority.substr(1);
  const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
  if (!authority.empty() && (authority.front() != ':' || !is_number)) return bad("has a port that is no number");
  place.port = port.empty() ? (place.scheme == "https" ? "443" : "80") : std::string(port);
  return place;
}

template <typename Use>
bool AnyListed(std::string_view list, const Use& fits) {
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty() && fits(Lower(one))) return true;
  }
  return false;
}

bool HostFits(const std::string& allowed, const Place& place) {
  if (allowed == "*") return true;
  const std::string with_port = place.host + ":" + place.port;
  if (!allowed.starts_with("*.")) return allowed == place.host || allowed == with_port || allowed == "[" + place.host + "]:" + place.port;
  const std::string end = allowed.substr(1);
  return place.host.ends_with(end) || with_port.ends_with(end);
}

/// Ranges that are no one's on the internet: this machine, private networks, links, documentation, multicast.
struct Range {
  const char* first;
  int bits;
};
constexpr std::array kNotPublic4 = {Range{"0.0.0.0", 8},      Range{"10.0.0.0", 8},    Range{"100.64.0.0", 10},   Range{"127.0.0.0", 8},
                                    Range{"169.254.0.0", 16}, Range{"172.16.0.0", 12}, Range{"192.0.0.0", 24},    Range{"192.0.2.0", 24},
                                    Range{"192.168.0.0", 16}, Range{"198.18.0.0", 15}, Range{"198.51.100.0", 24}, Range{"203.0.113.0", 24},
                                    Range{"224.0.0.0", 3}};

bool InRange(const unsigned char* octets, const unsigned char* first, int bits) {
  for (int bit = 0; bit < bits; ++bit)
    if (((octets[bit / 8] ^ first[bit / 8]) & (0x80 >> (bit % 8))) != 0) return false;
  return true;
}

bool IsPublic4(const unsigned char* octets) {
  return std::none_of(kNotPublic4.begin(), kNotPublic4.end(), [&](const Range& range) {
    unsigned char first[4];
    return inet_pton(AF_INET, range.first, first) == 1 && InRange(octets, first, range.bits);
  });
}

/// Of IPv6 only the global range, and none of it that holds an address of IPv4 or is for documentation.
bool IsPublic6(const unsigned char* octets) {
  unsigned char first[16];
  const auto in = [&](const char* text, int bits) { return inet_pton(AF_INET6, text, first) == 1 && InRange(octets, first, bits); };
  return in("2000::", 3) && !in("2001::", 32) && !in("2001:db8::", 32) && !in("2002::", 16);
}

class HttpSource final : public FileSource {
 public:
  explicit HttpSource(HttpFile file) : file_(std::move(file)) {}

  Result<std::optional<File>> Next(const Context& context, const Marks& marks) override {
    if (std::exchange(done_, true)) return std::optional<File>();
    Context limited = context;
    limited.deadline = context.deadline.Or(Deadline::After(file_.timeout_ms));
    net::HttpClient::Options options;
    options.may_connect = [this](std::string_view address) { return CheckPullAddress(address, file_.hosts); };
    net::HttpClient client(std::move(options));
    std::string url = file_.url;
    const Place first = LH_TRY(PlaceOf(url));
    for (int redirects = 0;; ++redirects) {
      LH_TRY(CheckPullUrl(url, file_.hosts));
      const Place place = LH_TRY(PlaceOf(url));
      const bool is_own = place.scheme == first.scheme && place.host == first.host && place.port == first.port;
      File found{.path = file_.spool + "/" + file_.file_id + ".pull",
                 .owned = true,
                 .name = NameOf(first.path),
                 .origin = file_.url.substr(0, file_.url.find_first_of("?#")),
                 .marks = {},
                 .fault = {}};
      auto answer = LH_TRY(Get(limited, client, url, is_own, marks, found.path));
      if (answer.status == 304) return Removed(found.path);
      if (answer.status == 200) {
        if (const auto etag = net::FindHeader(answer.headers, "ETag")) found.marks["etag"] = *etag;
        if (const auto date = net::FindHeader(answer.headers, "Last-Modified")) found.marks["last_modified"] = *date;
        return std::optional(std::move(found));
      }
      Removed(found.path);
      const auto location = net::FindHeader(answer.headers, "Location");
      const bool is_redirect =
          answer.status == 301 || answer.status == 302 || answer.status == 303 || answer.status == 307 || answer.status == 308;
      if (!is_redirect || !location)
        return Error(answer.status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kUnprocessable,
                     place.host + " answered with status " + std::to_string(answer.status))
            .Named(answer.status >= 500 ? "source_lost" : "source_error");
      if (redirects >= kMostRedirects)
        return Error(ErrorCode::kUnprocessable, place.host + " redirects more than five times").Named("source_error");
      url = LH_TRY(Target(url, place, *location));
    }
  }

  Status Settle(const Context&, const File& file, bool taken, Marks& marks) override {
    if (taken) marks = file.marks;
    return Ok{};
  }

 private:
  static std::optional<File> Removed(const std::string& path) {
    ::unlink(path.c_str());
    return std::nullopt;
  }

  static std::string NameOf(std::string_view path) {
    path = path.substr(0, path.find_first_of("?#"));
    const std::string name = CleanText(path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1), 200);
    return name.empty() ? "download" : name;
  }

  static Result<std::string> Target(const std::string& url, const Place& place, const std::string& location) {
    std::string target = location;
    if (target.starts_with("//"))
      target = place.scheme + ":" + target;
    else if (target.starts_with('/'))
      target = url.substr(0, url.size() - place.path.size()) + target;
    else if (target.find("://") == std::string::npos)
      target = url.substr(0, url.rfind('/') + 1) + target;
    if (place.scheme == "https" && LH_TRY(PlaceOf(target)).scheme != "https")
      return Error(ErrorCode::kUnprocessable, place.host + " redirects from https to http, which is not followed").Named("source_error");
    return target;
  }

  Result<net::HttpClient::Response> Get(const Context& context, net::HttpClient& client, const std::string& url, bool is_own,
                                        const Marks& marks, const std::string& path) {
    net::HttpClient::Request request;
    request.url = url.substr(0, url.find('#'));
    request.max_response_bytes = static_cast<std::uint64_t>(file_.max_bytes);
    if (is_own && !file_.token.empty()) request.headers.push_back({"Authorization", "Bearer " + file_.token.Reveal()});
    if (const auto etag = marks.find("etag"); etag != marks.end()) request.headers.push_back({"If-None-Match", etag->second});
    if (const auto date = marks.find("last_modified"); date != marks.end()) request.headers.push_back({"If-Modified-Since", date->second});
    ::unlink(path.c_str());
    const UniqueFd out = LH_TRY(OpenToWrite(path));
    auto answer = client.Send(context, request, [&](std::string_view octets) { return WriteAll(out.get(), octets, path); });
    if (answer) return answer;
    Removed(path);
    if (answer.error().code() == ErrorCode::kOutcomeUnknown || answer.error().code() == ErrorCode::kUnavailable)
      return Error(ErrorCode::kUnavailable, answer.error().message()).Named("source_lost");
    return answer;
  }

  HttpFile file_;
  bool done_ = false;
};

}  // namespace

Status CheckPullUrl(std::string_view url, std::string_view hosts) {
  const Place place = LH_TRY(PlaceOf(url));
  if (AnyListed(hosts, [&](const std::string& one) { return HostFits(one, place); })) return Ok{};
  return Error(ErrorCode::kPermissionDenied, "this server may not pull from host \"" + CleanText(place.host, 200) +
                                                 "\": its operator allows hosts with the setting ingest.hosts, as in ingest.hosts = \"" +
                                                 CleanText(place.host, 200) + ":" + place.port + "\"")
      .Named("host_not_allowed");
}

Status CheckPullAddress(std::string_view address, std::string_view hosts) {
  const std::string text = Lower(address);
  unsigned char octets[16];
  const bool is_public = (inet_pton(AF_INET, text.c_str(), octets) == 1 && IsPublic4(octets)) ||
                         (inet_pton(AF_INET6, text.c_str(), octets) == 1 && IsPublic6(octets));
  const auto is_named = [&](const std::string& one) {
    return one == text || (one.starts_with(text) && one[text.size()] == ':' && text.find(':') == std::string::npos) ||
           one.starts_with("[" + text + "]");
  };
  if (is_public || AnyListed(hosts, is_named)) return Ok{};
  return Error(ErrorCode::kPermissionDenied,
               "the host has the address " + text + ", which is not a public one: the operator allows it by naming it in ingest.hosts, too")
      .Named("address_not_allowed");
}

std::unique_ptr<FileSource> OpenHttpSource(HttpFile file) { return std::make_unique<HttpSource>(std::move(file)); }

}  // namespace lakehouse::ingest
