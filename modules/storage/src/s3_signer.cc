#include "s3_signer.h"

#include <algorithm>
#include <map>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

std::string HeaderName(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// Without spaces at both ends; runs of spaces inside count as one.
std::string HeaderValue(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool is_space = c == ' ' || c == '\t';
    if (is_space && (text.empty() || text.back() == ' ')) continue;
    text += is_space ? ' ' : c;
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string_view TextOf(const Sha256Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

/// "20130524/eu-central-1/s3/aws4_request".
std::string ScopeOf(const std::string& time, const std::string& region) { return time.substr(0, 8) + '/' + region + "/s3/aws4_request"; }

std::string SignatureOf(const std::string& canonical_request, const S3Credentials& credentials, const std::string& region,
                        const std::string& time) {
  const Secret key("AWS4" + credentials.secret_key.Reveal());
  Sha256Digest signing = HmacSha256(key.Reveal(), time.substr(0, 8));
  for (const std::string_view part : {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request")})
    signing = HmacSha256(TextOf(signing), part);
  const std::string to_sign = std::string(kAlgorithm) + '\n' + time + '\n' + ScopeOf(time, region) + '\n' + Sha256Hex(canonical_request);
  return ToHex(HmacSha256(TextOf(signing), to_sign));
}

}  // namespace

std::string UriEncode(std::string_view text, bool keep_slashes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c) || (c == '/' && keep_slashes)) {
      encoded += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[octet >> 4U];
    encoded += kDigits[octet & 15U];
  }
  return encoded;
}

std::string CanonicalQuery(const S3Query& query) {
  S3Query encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(UriEncode(name, false), UriEncode(value, false));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  return text;
}

std::string AmzTime(std::int64_t wall_micros) {
  std::string time;
  for (const char c : FormatTime(wall_micros).substr(0, 19))  // without the fraction
    if (c != '-' && c != ':') time += c;
  return time + 'Z';
}

std::string CanonicalRequest(const UnsignedS3Request& request, std::string& signed_headers) {
  std::map<std::string, std::string> headers;
  for (const net::HttpHeader& header : request.headers) headers[HeaderName(header.name)] = HeaderValue(header.value);
  std::string lines;
  signed_headers.clear();
  for (const auto& [name, value] : headers) {
    lines.append(name).append(":").append(value).append("\n");
    signed_headers.append(signed_headers.empty() ? "" : ";").append(name);
  }
  return request.method + '\n' + request.path + '\n' + CanonicalQuery(request.query) + '\n' + lines + '\n' + signed_headers + '\n' +
         request.payload_sha256;
}

void SignS3Request(UnsignedS3Request& request, const S3Credentials& credentials, const std::string& region, std::int64_t wall_micros) {
  const std::string time = AmzTime(wall_micros);
  request.headers.push_back({"x-amz-date", time});
  request.headers.push_back({"x-amz-content-sha256", request.payload_sha256});
  if (!credentials.session_token.empty()) request.headers.push_back({"x-amz-security-token", credentials.session_token.Reveal()});
  std::string signed_headers;
  const std::string canonical = CanonicalRequest(request, signed_headers);
  request.headers.push_back({"Authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key + '/' +
                                                  ScopeOf(time, region) + ",SignedHeaders=" + signed_headers +
                                                  ",Signature=" + SignatureOf(canonical, credentials, region, time)});
}

std::string PresignS3Request(UnsignedS3Request request, const S3Credentials& credentials, const std::string& region,
                             std::int64_t wall_micros, std::int64_t expires_seconds) {
  const std::string time = AmzTime(wall_micros);
  request.payload_sha256 = "UNSIGNED-PAYLOAD";
  std::string signed_headers;
  CanonicalRequest(request, signed_headers);
  request.query.insert(request.query.end(), {{"X-Amz-Algorithm", std::string(kAlgorithm)},
                                             {"X-Amz-Credential", credentials.access_key + '/' + ScopeOf(time, region)},
                                             {"X-Amz-Date", time},
                                             {"X-Amz-Expires", std::to_string(expires_seconds)},
                                             {"X-Amz-SignedHeaders", signed_headers}});
  if (!credentials.session_token.empty()) request.query.emplace_back("X-Amz-Security-Token", credentials.session_token.Reveal());
  const std::string canonical = CanonicalRequest(request, signed_headers);
  return request.path + '?' + CanonicalQuery(request.query) + "&X-Amz-Signature=" + SignatureOf(canonical, credentials, region, time);
}

}  // namespace lakehouse::storage
