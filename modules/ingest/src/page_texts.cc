#include "page_texts.h"

#include <algorithm>
#include <charconv>

namespace lakehouse::ingest {
namespace {

/// The number at the beginning, after spaces; below 1: there is none.
std::int64_t LeadingNumber(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::int64_t number = 0;
  const bool is_one = std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
  return is_one ? number : 0;
}

std::string_view TakeUpTo(std::string_view& text, char mark) {
  const std::string_view taken = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

}  // namespace

void BlankPageFinder::Feed(std::string_view octets) {
  for (const char c : octets) {
    ++at_;
    if (c == '\f') {
      if (is_blank_) blank_.push_back({page_, begin_, {}});
      ++page_;
      begin_ = at_;
      is_blank_ = true;
    } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      is_blank_ = false;
    }
  }
}

std::set<std::int64_t> PagesWithPicture(std::string_view list) {
  std::set<std::int64_t> pages;
  while (!list.empty())
    if (const std::int64_t page = LeadingNumber(TakeUpTo(list, '\n')); page > 0) pages.insert(page);
  return pages;
}

std::string RecognisedText(std::string written) {
  std::erase(written, '\f');
  if (written.find_first_not_of(" \n\t\r") == std::string::npos) written.clear();
  return written;
}

std::string ShowPages(const std::vector<std::int64_t>& pages) {
  std::string shown;
  for (std::size_t i = 0; i < pages.size();) {
    std::size_t last = i;
    while (last + 1 < pages.size() && pages[last + 1] == pages[last] + 1) ++last;
    shown += (shown.empty() ? "" : ", ") + std::to_string(pages[i]) + (last > i ? "-" + std::to_string(pages[last]) : "");
    i = last + 1;
  }
  return shown;
}

std::int64_t CountPages(std::string_view shown) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t count = 0;
  while (!shown.empty() && count < kMost) {
    std::string_view range = TakeUpTo(shown, ',');
    const std::int64_t first = LeadingNumber(TakeUpTo(range, '-'));
    const std::int64_t last = range.empty() ? first : LeadingNumber(range);
    if (first > 0 && last >= first && last < kMost) count += last - first + 1;
  }
  return count;
}

}  // namespace lakehouse::ingest
