#include "contact.h"

#include <utility>

#include "table_text.h"

namespace lakehouse::demo {
namespace {

constexpr std::pair<std::string_view, char> kMarkedLetters[] = {
    {"á", 'a'}, {"ã", 'a'}, {"ç", 'c'}, {"é", 'e'}, {"ë", 'e'}, {"ễ", 'e'}, {"í", 'i'},
    {"Ł", 'l'}, {"ñ", 'n'}, {"ó", 'o'}, {"ö", 'o'}, {"õ", 'o'}, {"ú", 'u'}, {"ü", 'u'},
};

}  // namespace

std::string Folded(std::string_view name) {
  std::string folded;
  while (!name.empty()) {
    const char c = name.front();
    std::size_t used = 1;
    if (c >= 'A' && c <= 'Z') {
      folded += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') {
      folded += c;
    } else {
      for (const auto& [marked, plain] : kMarkedLetters) {
        if (!name.starts_with(marked)) continue;
        folded += plain;
        used = marked.size();
      }
    }
    name.remove_prefix(used);
  }
  return folded;
}

std::string Phone(const Place& place, SeededRandom& random) {
  const std::uint32_t kind = random.Below(1000);
  std::string area, line = "01";
  AppendDigits(area, place.area_code, 3);
  AppendDigits(line, random.Below(100), 2);
  if (kind < 480) return "(" + area + ") 555-" + line;
  if (kind < 740) return area + "-555-" + line;
  if (kind < 830) return area + ".555." + line;
  if (kind < 900) return "+1 " + area + " 555 " + line;
  if (kind < 960) return area + "555" + line;
  return kind < 990 ? "" : "N/A";
}

std::string Email(std::string_view folded_given, std::string_view folded_family, SeededRandom& random) {
  static constexpr std::string_view kDomains[] = {"example.com", "example.net", "example.org", "mail.example.com"};
  const std::uint32_t kind = random.Below(1000);
  if (kind < 40) return "";
  std::string email(kind < 300 ? folded_given.substr(0, 1) : folded_given);
  email += kind < 700 ? "." : "";
  email += folded_family;
  AppendDigits(email, random.Below(1000), 1);
  if (kind >= 985) {
    for (char& c : email) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  email += '@';
  email += random.Pick(kDomains);
  if (kind % 200 == 199) email += ' ';
  return email;
}

std::string PostalCode(const Place& place, SeededRandom& random) {
  std::string code;
  AppendDigits(code, place.zip_prefix * 100 + 1 + random.Below(99), 5);
  return code;
}

}  // namespace lakehouse::demo
