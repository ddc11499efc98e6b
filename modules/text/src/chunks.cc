#include "lakehouse/text/chunks.h"

#include <algorithm>
#include <map>
#include <utility>

#include "blocks.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::text {
namespace {

/// Cuts what is longer than `most` at white space, or else between two code points.
void CutLong(std::string_view text, Span span, std::size_t most, std::vector<Span>& out) {
  while (span.size() > most) {
    std::size_t cut = span.begin + most;
    const std::size_t space = text.find_last_of(" \n\t", cut - 1);
    if (space != std::string_view::npos && space > span.begin + most / 2) {
      cut = space + 1;
    } else {
      while (cut > span.begin + most - 4 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    }
    out.push_back({span.begin, cut});
    span.begin = cut;
  }
  out.push_back(span);
}

/// The block in pieces of at most `most` octets, which together are the block.
std::vector<Span> PiecesOf(std::string_view text, const Block& block, const ChunkSizes& sizes) {
  if (block.span.size() <= sizes.most) return {block.span};
  std::vector<Span> pieces;
  Span piece{block.span.begin, block.span.begin};
  for (const Span& sentence : SentencesOf(block.span.In(text))) {
    const std::size_t end = block.span.begin + sentence.end;
    if (piece.size() > 0 && end - piece.begin > sizes.target) {
      CutLong(text, piece, sizes.most, pieces);
      piece = {piece.end, piece.end};
    }
    piece.end = end;
  }
  piece.end = block.span.end;
  CutLong(text, piece, sizes.most, pieces);
  return pieces;
}

/// Packs the pieces of one document after another.
class Packer {
 public:
  Packer(const Document& document, const ChunkSizes& sizes) : document_(document), sizes_(sizes) {}

  std::vector<Chunk> Pack() && {
    const bool is_markdown = document_.kind == DocumentKind::kMarkdown;
    for (const Block& block : is_markdown ? MarkdownBlocks(document_.text) : PlainBlocks(document_.text)) {
      if (block.level > 0) BeginSection(block);
      for (const Span& piece : PiecesOf(document_.text, block, sizes_)) Take(piece);
      // One paragraph in four ends a chunk that is half full: an edit before it does not reach beyond.
      if (open_.size() >= sizes_.target / 2 && block.level == 0 && Xxh3(Trimmed(document_.text, block.span).In(document_.text)) % 4 == 0)
        Close();
    }
    Close();
    return std::move(chunks_);
  }

 private:
  struct Heading {
    unsigned level = 0;
    std::string title;
  };

  void BeginSection(const Block& block) {
    Close();
    while (!headings_.empty() && headings_.back().level >= block.level) headings_.pop_back();
    headings_.push_back({block.level, block.heading});
    section_begin_ = block.span.begin;
    first_of_section_ = chunks_.size();
  }

  void Take(Span piece) {
    const bool would_be_long = piece.end - open_.begin > sizes_.most;
    if (open_.size() > 0 && (open_.size() >= sizes_.target || would_be_long)) Close();
    if (open_.size() == 0) open_ = {piece.begin, piece.begin};
    open_.end = piece.end;
  }

  void Close() {
    if (open_.size() == 0) return;
    const Span span = std::exchange(open_, {open_.end, open_.end});
    if (Trimmed(document_.text, span).size() == 0) return Extend(span);
    const bool is_rest = chunks_.size() > first_of_section_ && span.size() < sizes_.least;
    if (is_rest && span.end - chunks_.back().span.begin <= sizes_.most) return Extend(span);
    Chunk chunk;
    chunk.ordinal = static_cast<std::uint32_t>(chunks_.size());
    chunk.own_begin = chunks_.empty() ? 0 : chunks_.back().span.end;
    chunk.span = {OverlapBegin(span.begin), span.end};
    for (const Heading& heading : headings_) chunk.headings.push_back(heading.title);
    chunk.page = PageAt(span.begin);
    chunks_.push_back(std::move(chunk));
  }

  /// White space, or a rest, goes to the chunk before; at the beginning of a text it goes to the first one by own_begin.
  void Extend(Span span) {
    if (!chunks_.empty()) chunks_.back().span.end = span.end;
  }

  std::size_t OverlapBegin(std::size_t begin) const {
    if (chunks_.size() == first_of_section_ || sizes_.overlap == 0 || chunks_.empty()) return begin;
    const Span before = chunks_.back().span;
    const std::size_t earliest = std::max({before.begin, section_begin_, begin > 4 * sizes_.overlap ? begin - 4 * sizes_.overlap : 0});
    std::size_t found = begin;
    const std::vector<Span> sentences = SentencesOf(document_.text.substr(earliest, begin - earliest));
    for (std::size_t i = sentences.size(); i-- > 1;) {  // the first one may have been cut
      if (begin - (earliest + sentences[i].begin) > sizes_.overlap) break;
      found = earliest + sentences[i].begin;
    }
    return found;
  }

  std::uint32_t PageAt(std::size_t at) const {
    const auto& starts = document_.page_starts;
    return static_cast<std::uint32_t>(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin());
  }

  const Document& document_;
  const ChunkSizes& sizes_;
  std::vector<Chunk> chunks_;
  std::vector<Heading> headings_;
  Span open_;
  std::size_t section_begin_ = 0;
  std::size_t first_of_section_ = 0;
};

/// Ids are made of content, not of places, so that they outlive edits elsewhere; equal passages are told apart by their number.
void NameChunks(const Document& document, std::vector<Chunk>& chunks) {
  std::map<std::string, std::uint32_t> seen;
  for (Chunk& chunk : chunks) {
    Sha256 hash;
    const auto add = [&hash](std::string_view part) {
      hash.Add(part);
      hash.Add(std::string_view("\0", 1));
    };
    add(document.id);
    add(kChunkerId);
    for (const std::string& heading : chunk.headings) add(heading);
    add(Trimmed(document.text, chunk.span).In(document.text));
    const std::string name = hash.FinishHex();
    const std::uint32_t number = seen[name]++;
    chunk.id = (number == 0 ? name : Sha256Hex(name + "#" + std::to_string(number))).substr(0, 16);
  }
}

}  // namespace

std::vector<Chunk> ChunksOf(const Document& document, const ChunkSizes& sizes) {
  std::vector<Chunk> chunks = Packer(document, sizes).Pack();
  NameChunks(document, chunks);
  return chunks;
}

}  // namespace lakehouse::text
