#include "lakehouse/base/hash.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>
#include <xxhash.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "lakehouse/base/file.h"
#include "sha1.h"

namespace lakehouse {
namespace {

/// Digests fail only when the library is broken or memory is gone: there is nothing a caller could do.
void MustDigest(bool ok) {
  if (ok) return;
  std::fputs("a digest of the crypto library failed\n", stderr);
  std::abort();
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  MustDigest(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Add(std::string_view octets) {
  assert(state_ != nullptr && "finished or moved from");
  MustDigest(EVP_DigestUpdate(state_->context, octets.data(), octets.size()) == 1);
}

Sha256Digest Sha256::Finish() {
  assert(state_ != nullptr && "finished or moved from");
  Sha256Digest digest;
  MustDigest(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1);
  state_.reset();
  return digest;
}

std::string Sha256::FinishHex() { return ToHex(Finish()); }

Sha256Digest Sha256Of(std::string_view octets) {
  Sha256Digest digest;
  MustDigest(EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::string Sha256Hex(std::string_view octets) { return ToHex(Sha256Of(octets)); }

std::array<unsigned char, 20> Sha1Of(std::string_view octets) {
  std::array<unsigned char, 20> digest;
  MustDigest(EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1);
  return digest;
}

Result<std::string> Sha256HexOfFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FileError("open", path, errno);
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  const auto piece = std::make_unique<char[]>(kPiece);
  Sha256 sum;
  for (;;) {
    const ssize_t got = read(fd.get(), piece.get(), kPiece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) return sum.FinishHex();
    sum.Add({piece.get(), static_cast<std::size_t>(got)});
  }
}

Sha256Digest HmacSha256(std::string_view key, std::string_view message) {
  Sha256Digest mac;
  assert(key.size() <= INT32_MAX);
  MustDigest(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
                  message.size(), mac.data(), nullptr) != nullptr);
  return mac;
}

std::uint64_t Xxh3(std::string_view octets) { return XXH3_64bits(octets.data(), octets.size()); }

std::string ToHex(std::string_view octets) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(octets.size() * 2);
  for (const char octet : octets) {
    const auto value = static_cast<unsigned char>(octet);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lakehouse
