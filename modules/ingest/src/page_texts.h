#pragma once
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What programs that read PDFs say about pages, taken apart. Pure; what they say comes out of somebody's file.
namespace lakehouse::ingest {

/// A page in which pdftotext found no text.
struct BlankPage {
  std::int64_t number = 0;  ///< from 1
  std::int64_t offset = 0;  ///< in the text, where it begins
  std::string text;         ///< what was recognised in its picture
};

/// Finds them in what pdftotext wrote, which has a form feed after each page. Memory: of those that are found.
class BlankPageFinder {
 public:
  /// The next octets, cut anywhere.
  void Feed(std::string_view octets);
  std::vector<BlankPage> Take() { return std::move(blank_); }

 private:
  std::vector<BlankPage> blank_;
  std::int64_t page_ = 1, begin_ = 0, at_ = 0;
  bool is_blank_ = true;
};

/// The pages that `pdfimages -list` names: those that have a picture.
std::set<std::int64_t> PagesWithPicture(std::string_view list);

/// What tesseract wrote about one page, without form feeds, as they would end the page; empty: no word.
std::string RecognisedText(std::string written);

/// "1-3, 7".
std::string ShowPages(const std::vector<std::int64_t>& pages);
/// How many pages such a text names; what is none of ours names what can be read of it.
std::int64_t CountPages(std::string_view shown);

}  // namespace lakehouse::ingest
