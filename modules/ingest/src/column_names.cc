#include "column_names.h"

#include <set>

namespace lakehouse::ingest {
namespace {

/// Length of the well-formed UTF-8 sequence at the front; 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((octet(i) & 0xC0) != 0x80) return 0;
  const unsigned char second = octet(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
      (first == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

}  // namespace

bool IsUtf8(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t length = SequenceLength(octets);
    if (length == 0) return false;
    octets.remove_prefix(length);
  }
  return true;
}

std::string CleanText(std::string_view octets, std::size_t max_bytes) {
  std::string clean;
  while (!octets.empty()) {
    const std::size_t length = SequenceLength(octets);
    const std::string_view piece = length == 0 || octets[0] == '\0' ? std::string_view("\xEF\xBF\xBD") : octets.substr(0, length);
    if (clean.size() + piece.size() > max_bytes) break;
    clean += piece;
    octets.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

std::string FoldColumnName(std::string_view name) {
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

Result<std::vector<std::string>> MakeColumnNames(const std::vector<std::string>& header, std::vector<std::string>& notes) {
  if (header.size() > kMaxColumns)
    return Error(ErrorCode::kUnprocessable,
                 "the table has " + std::to_string(header.size()) + " columns; at most " + std::to_string(kMaxColumns) + " are taken")
        .Named("too_many_columns");
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string name = header[i];
    if (name.size() > kMaxColumnNameBytes)
      return Error(ErrorCode::kUnprocessable, "the name of column " + std::to_string(i + 1) + " has " + std::to_string(name.size()) +
                                                  " bytes; at most " + std::to_string(kMaxColumnNameBytes) +
                                                  " are taken. Is the first line a header?")
          .Named("name_too_long");
    for (char& c : name)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '_';
    if (name.find_first_not_of(' ') == std::string::npos) {
      name = "column" + std::to_string(i);
      notes.push_back("column " + std::to_string(i + 1) + " has no name: called " + name);
    }
    std::string unique = name;
    for (int n = 1; !taken.insert(FoldColumnName(unique)).second; ++n) unique = name + "_" + std::to_string(n);
    if (unique != name)
      notes.push_back("column " + std::to_string(i + 1) + " is called " + name + " like an earlier one: renamed to " + unique);
    names.push_back(std::move(unique));
  }
  return names;
}

}  // namespace lakehouse::ingest
