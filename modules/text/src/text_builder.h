#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "lakehouse/text/extracted_document.h"

namespace lakehouse::text {

/// Puts a document's text together out of runs and blocks: white space as a reader sees it, one line end or one empty line between
/// blocks, never more.
class TextBuilder {
 public:
  /// Runs of white space are one blank, none at the ends of a line.
  void Text(std::string_view run) {
    for (const char c : run) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
        blank_ = true;
      else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
        Put(c);
    }
  }
  /// White space as it stands.
  void Verbatim(std::string_view run) {
    for (const char c : run) {
      if (c == '\n')
        Break(1, true);
      else if (c == ' ' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F))
        Put(c);
    }
  }
  void Line() { Break(1, false); }
  void Block() { Break(2, false); }
  /// Stands before the next text of this line: "- " of a list item.
  void Prefix(std::string_view mark) { prefix_ = mark; }

  void BeginHeading(int level) {
    EndHeading();
    Block();
    heading_level_ = level;
    heading_start_ = std::string::npos;
  }
  void EndHeading() {
    if (heading_level_ == 0) return;
    if (heading_start_ != std::string::npos)
      document_.headings.push_back({heading_level_, document_.text.substr(heading_start_), heading_start_});
    heading_level_ = 0;
    Block();
  }
  /// What follows stands on the next page.
  void Page() {
    Break(1, false);
    page_ = true;
  }
  bool at_line_start() const { return document_.text.empty() || breaks_ > 0; }
  ExtractedDocument& document() { return document_; }
  ExtractedDocument Take() {
    EndHeading();
    if (!document_.text.empty()) document_.text += '\n';
    if (!document_.page_starts.empty()) document_.page_starts.insert(document_.page_starts.begin(), 0);
    return std::move(document_);
  }

 private:
  void Put(char c) {
    std::string& text = document_.text;
    if (text.empty()) {
      blank_ = false;
      breaks_ = 0;
    }
    if (breaks_ > 0)
      text.append(static_cast<std::size_t>(breaks_), '\n');
    else if (blank_)
      text += ' ';
    const bool line_begins = breaks_ > 0 || text.empty();
    if (page_ && !text.empty()) document_.page_starts.push_back(text.size());
    page_ = false;
    if (line_begins || !prefix_.empty()) text += prefix_;
    prefix_.clear();
    blank_ = false;
    breaks_ = 0;
    if (heading_level_ != 0 && heading_start_ == std::string::npos) heading_start_ = text.size();
    text += c;
  }
  void Break(int lines, bool adds) {
    if (heading_level_ != 0 && heading_start_ != std::string::npos && !adds) {
      // A heading is one line.
      blank_ = true;
      return;
    }
    blank_ = false;
    breaks_ = adds ? std::min(2, breaks_ + lines) : std::max(breaks_, lines);
  }

  ExtractedDocument document_;
  std::string prefix_;
  bool blank_ = false;
  bool page_ = false;
  int breaks_ = 0;
  int heading_level_ = 0;
  std::size_t heading_start_ = std::string::npos;
};

}  // namespace lakehouse::text
