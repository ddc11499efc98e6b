// Any octets as the text of a PDF's pages, the list of its pictures and what was recognised in one: whatever they hold, pages stay pages.
#include "fuzz_target.h"
#include "page_texts.h"

namespace {

using lakehouse::fuzz::Require;
using namespace lakehouse::ingest;

std::vector<BlankPage> BlankPagesOf(std::string_view text, std::size_t piece) {
  BlankPageFinder finder;
  for (std::size_t at = 0; at < text.size(); at += piece) finder.Feed(text.substr(at, piece));
  return finder.Take();
}

void CheckBlankPages(std::string_view text) {
  const std::vector<BlankPage> blank = BlankPagesOf(text, text.size() + 1);
  const std::vector<BlankPage> again = BlankPagesOf(text, 3);
  Require(blank.size() == again.size(), "it does not matter how the text is cut");
  std::int64_t before = 0;
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < blank.size(); ++i) {
    Require(blank[i].number == again[i].number && blank[i].offset == again[i].offset, "it does not matter how the text is cut");
    Require(blank[i].number > before, "pages rise");
    before = blank[i].number;
    numbers.push_back(before);
    const auto begin = static_cast<std::size_t>(blank[i].offset);
    Require(begin == 0 || text[begin - 1] == '\f', "a page begins behind a form feed");
    const std::size_t end = text.find('\f', begin);
    Require(end != std::string_view::npos, "a page ends with a form feed");
    Require(text.substr(begin, end - begin).find_first_not_of(" \n\r\t") == std::string_view::npos, "there is nothing on it");
  }
  Require(CountPages(ShowPages(numbers)) == static_cast<std::int64_t>(numbers.size()), "pages that are shown are counted again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = lakehouse::fuzz::TextOf(data, size);
  CheckBlankPages(text);
  const auto with_picture = PagesWithPicture(text);
  Require(with_picture.empty() || *with_picture.begin() > 0, "pages count from 1");
  Require(with_picture.size() <= size, "a page takes a line");
  const std::string recognised = RecognisedText(std::string(text));
  Require(recognised.find('\f') == std::string::npos, "what was recognised ends no page");
  Require(recognised.empty() || recognised.find_first_not_of(" \n\t\r") != std::string::npos, "it has a word, or is empty");
  Require(CountPages(text) >= 0, "pages are not fewer than none");
  return 0;
}
