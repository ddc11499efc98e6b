#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/text/sentences.h"

namespace lakehouse::text {

/// Names the rules below. Other rules get another name, for ids and embeddings rest on them.
inline constexpr std::string_view kChunkerId = "struct-v1";

enum class DocumentKind : unsigned char { kPlain, kMarkdown };

struct Document {
  std::string_view id;
  std::string_view text;
  DocumentKind kind = DocumentKind::kPlain;
  std::vector<std::size_t> page_starts = {};  ///< octet at which page 1, 2, … begins, rising; empty: a text without pages
};

struct ChunkSizes {
  std::size_t target = 1'200;  ///< octets from which a chunk is full
  std::size_t most = 2'000;
  std::size_t least = 200;    ///< a shorter rest of a section goes to the chunk before
  std::size_t overlap = 150;  ///< at most, of whole sentences; only within a section
};

/// A passage of a document: small enough to be one thing, with its exact place.
struct Chunk {
  std::string id;  ///< 16 hex digits of document, headings and text: stays when other passages change
  std::uint32_t ordinal = 0;
  Span span;                          ///< of the document, what is repeated of the chunk before included
  std::size_t own_begin = 0;          ///< where what is not repeated begins: [own_begin, end) of all chunks together are the document
  std::vector<std::string> headings;  ///< from the outermost
  std::uint32_t page = 0;             ///< where it begins, from 1; 0: no pages
};

/// `struct-v1`: blocks of one section (headings begin sections) are packed until a chunk is full; a long block is cut at sentences, then
/// words. A paragraph may close a chunk early by its content: that way boundaries after an edited paragraph soon are what they were.
/// Deterministic; linear. White space alone makes no chunk.
std::vector<Chunk> ChunksOf(const Document& document, const ChunkSizes& sizes = {});

}  // namespace lakehouse::text
