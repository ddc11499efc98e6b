#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/text/sentences.h"

/// The parts of a document that should stay whole.
namespace lakehouse::text {

struct Block {
  Span span;           ///< with the empty lines after it: all blocks of a text together are the text
  unsigned level = 0;  ///< of a heading, 1 to 6; 0: no heading
  std::string heading;
  bool is_whole = false;  ///< a fence, table or list item: split only when it is longer than a chunk may be
};

/// Paragraphs: what stands between empty lines.
std::vector<Block> PlainBlocks(std::string_view text);
/// Headings (# and underlined), fences, tables, list items, paragraphs of Markdown.
std::vector<Block> MarkdownBlocks(std::string_view text);

}  // namespace lakehouse::text
