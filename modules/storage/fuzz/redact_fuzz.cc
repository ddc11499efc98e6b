// Any text around a secret: in what is kept and shown, the secret is not there any more.
#include "fuzz_target.h"
#include "lakehouse/storage/error_journal.h"

using lakehouse::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lakehouse::storage::RedactSecrets;
  const std::string text(lakehouse::fuzz::TextOf(data, size));
  (void)RedactSecrets(text);
  constexpr std::string_view kSecret = "Zq7Zq7Zq7";
  if (text.find(kSecret) != std::string::npos) return 0;
  for (const char* name : {" password=", " https://user:", " Authorization: Bearer ", " \"secret\": \""}) {
    const std::string planted = text + name + std::string(kSecret) + (std::string_view(name).ends_with("user:") ? "@host/" : "\"");
    Require(RedactSecrets(planted).find(kSecret) == std::string::npos, "a secret is shown");
  }
  return 0;
}
