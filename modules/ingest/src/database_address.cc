#include "database_address.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace lakehouse::ingest {
namespace {

struct Scheme {
  std::string_view prefix;
  DatabaseKind kind;
  std::string_view port;
};
constexpr Scheme kSchemes[] = {{"postgres://", DatabaseKind::kPostgres, "5432"},
                               {"postgresql://", DatabaseKind::kPostgres, "5432"},
                               {"mysql://", DatabaseKind::kMysql, "3306"},
                               {"mariadb://", DatabaseKind::kMysql, "3306"}};

Error BadUrl(const std::string& why) {
  return Error(ErrorCode::kInvalidArgument,
               "the database's URL " + why + "; it looks like postgres://user@host:5432/database or mysql://user@host:3306/database")
      .Named("bad_url");
}

std::optional<std::string> Decoded(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
      c = static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    plain += c;
  }
  return plain;
}

std::string Encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (std::isalnum(octet) != 0 || c == '-' || c == '_' || c == '.' || c == ':')
      encoded += c;
    else
      encoded += {'%', kHex[octet >> 4], kHex[octet & 15]};
  }
  return encoded;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status ReadOptions(std::string_view options, DatabaseAddress& address) {
  constexpr std::string_view kModes[] = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find('&'));
    options.remove_prefix(std::min(options.size(), option.size() + 1));
    const std::string_view name = option.substr(0, option.find('='));
    const std::string_view value = option.substr(std::min(option.size(), name.size() + 1));
    if (name == "password")
      return Error(ErrorCode::kInvalidArgument, "the URL holds a password: leave it out and name the secret that holds it")
          .Named("password_in_url");
    // Others name files of this machine, or change what a session means.
    if (name != "sslmode") return BadUrl("has an option that is not taken; sslmode is the only one");
    if (std::find(std::begin(kModes), std::end(kModes), value) == std::end(kModes)) return BadUrl("has an sslmode that is not known");
    address.ssl_mode = value;
  }
  return Ok{};
}

}  // namespace

std::string WireName(DatabaseKind kind) { return kind == DatabaseKind::kMysql ? "mysql" : "postgres"; }

std::string DatabaseAddress::Shown() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return WireName(kind) + "://" + Encoded(user) + "@" + (is_v6 ? "[" + host + "]" : Encoded(host)) + ":" + port + "/" + Encoded(database);
}

Result<DatabaseAddress> ParseDatabaseUrl(std::string_view url) {
  const auto scheme =
      std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](const Scheme& one) { return url.starts_with(one.prefix); });
  if (scheme == std::end(kSchemes)) return BadUrl("does not begin with postgres:// or mysql://");
  std::string_view rest = url.substr(scheme->prefix.size());
  DatabaseAddress address{.kind = scheme->kind, .host = {}, .port = std::string(scheme->port), .user = {}, .database = {}};
  if (const auto at = rest.find('?'); at != std::string_view::npos) {
    LH_TRY(ReadOptions(rest.substr(at + 1), address));
    rest = rest.substr(0, at);
  }
  const auto slash = rest.find('/');
  std::string_view place = rest.substr(0, slash);
  const std::string_view database = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (const auto at = place.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = place.substr(0, at);
    if (user.find(':') != std::string_view::npos)
      return Error(ErrorCode::kInvalidArgument, "the URL holds a password: leave it out and name the secret that holds it")
          .Named("password_in_url");
    const auto plain = Decoded(user);
    if (!plain) return BadUrl("has a user that cannot be read");
    address.user = *plain;
    place.remove_prefix(at + 1);
  }
  std::string_view host = place;
  if (place.starts_with('[')) {
    const auto end = place.find(']');
    if (end == std::string_view::npos) return BadUrl("has a host that cannot be read");
    host = place.substr(1, end - 1);
    place.remove_prefix(end + 1);
  } else {
    host = place.substr(0, place.find(':'));
    place.remove_prefix(host.size());
  }
  if (place.starts_with(':')) address.port = place.substr(1);
  const auto plain_host = Decoded(host), plain_database = Decoded(database);
  if (!plain_host || plain_host->empty() || plain_host->find(',') != std::string::npos) return BadUrl("names no host, or several");
  if (!plain_database || plain_database->empty()) return BadUrl("names no database");
  if (!IsNumber(address.port) || (!place.empty() && place.front() != ':')) return BadUrl("has a port that is no number");
  if (address.user.empty()) return BadUrl("names no user");
  address.host = *plain_host;
  address.database = *plain_database;
  return address;
}

Status CheckDatabaseHost(const DatabaseAddress& address, std::string_view allowed) {
  const std::string& host = address.host;
  while (!allowed.empty()) {
    std::string_view one = allowed.substr(0, allowed.find(','));
    allowed.remove_prefix(std::min(allowed.size(), one.size() + 1));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == "*" || one == host || one == host + ":" + address.port) return Ok{};
  }
  return Error(ErrorCode::kPermissionDenied, "this server may not connect to database host \"" + host +
                                                 "\": its operator allows hosts with the setting ingest.databases, as in " +
                                                 "ingest.databases = \"" + host + ":" + address.port + "\"")
      .Named("host_not_allowed");
}

Result<std::pair<std::string, std::string>> ParseTableName(DatabaseKind kind, std::string_view text) {
  const bool is_mysql = kind == DatabaseKind::kMysql;
  const char quote = is_mysql ? '`' : '"';
  const std::size_t most_bytes = is_mysql ? 256 : 63;  // 64 letters; 63 octets
  const auto bad = [&] {
    const std::string quoted = is_mysql ? "`Sales`.`Orders`" : "\"Sales\".\"Orders\"";
    return Error(ErrorCode::kInvalidArgument, "the table is named as orders, sales.orders or " + quoted).Named("bad_table");
  };
  std::string parts[2];
  int part = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == quote) {
      for (++i;; ++i) {
        if (i >= text.size()) return bad();
        if (text[i] == quote && (i + 1 >= text.size() || text[i + 1] != quote)) break;
        if (text[i] == quote) ++i;
        parts[part] += text[i];
      }
      ++i;
      if (i < text.size() && text[i] != '.') return bad();
    } else if (text[i] == '.') {
      if (++part > 1 || ++i >= text.size()) return bad();
    } else {
      parts[part] += is_mysql ? text[i] : static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
      ++i;
    }
  }
  if (part == 1 && (parts[0].empty() || parts[1].empty())) return bad();
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  for (const std::string& one : parts)
    if (one.size() > most_bytes || std::any_of(one.begin(), one.end(), is_control)) return bad();
  if (parts[part].empty()) return bad();
  return part == 1 ? std::pair(parts[0], parts[1]) : std::pair(std::string(), parts[0]);
}

}  // namespace lakehouse::ingest
