#include "corpus_image.h"

#include <algorithm>
#include <tuple>

#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/text/chunks.h"
#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

constexpr std::string_view kImageMagic = "LHCORP03";

/// Of passages, by number: the headings they stand under, from the outermost.
using Headings = std::vector<std::vector<std::string>>;

void CutRow(std::string_view corpus, std::uint32_t number, const CorpusRow& row, CorpusImage& image, Headings& headings) {
  // The first column of several is a title: it is searched with every passage, and is one by itself only when there is nothing else.
  const std::size_t first = row.texts.size() > 1 ? 1 : 0;
  const std::size_t before = image.passages.size();
  const auto cut = [&](std::size_t column) {
    // The title is indexed with each passage, so another title makes other passages.
    const std::string title = column > 0 ? row.texts[0] : std::string();
    const std::string document = std::string(corpus) + "\n" + row.id + "\n" + std::to_string(column) + "\n" + title;
    for (const text::Chunk& chunk :
         text::ChunksOf({.id = document, .text = row.texts[column], .kind = text::DocumentKind::kMarkdown, .page_starts = {}})) {
      image.passages.push_back({chunk.id, number, static_cast<std::uint32_t>(column), chunk.span.begin, chunk.span.end, false});
      headings.push_back(chunk.headings);
    }
  };
  for (std::size_t column = first; column < row.texts.size(); ++column) cut(column);
  if (image.passages.size() == before && first == 1) cut(0);
}

/// The first passage of a section begins with its heading, which is not to count twice.
std::string_view BehindHeading(std::string_view text, const std::vector<std::string>& headings) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (headings.empty() || begin == std::string_view::npos) return text;
  const std::string_view first_line = text.substr(begin, text.find('\n', begin) - begin);
  return text::SearchTerms(first_line) == text::SearchTerms(headings.back()) ? text.substr(begin + first_line.size()) : text;
}

PassageTerms TermsOf(const CorpusImage& image, const CorpusPassage& passage, const std::vector<std::string>& headings) {
  PassageTerms terms;
  if (passage.column > 0) terms.title = text::SearchTerms(image.rows[passage.row].texts[0]);
  for (const std::string& heading : headings)
    for (std::string& stem : text::SearchTerms(heading)) terms.headings.push_back(std::move(stem));
  terms.text = text::SearchTerms(BehindHeading(image.TextOf(passage), headings));
  return terms;
}

/// What follows from rows and passages.
void Connect(CorpusImage& image, std::size_t filter_columns) {
  image.by_value.resize(filter_columns);
  for (std::uint32_t i = 0; i < image.rows.size(); ++i) {
    const CorpusRow& row = image.rows[i];
    if (i == 0 || image.rows[i - 1].id != row.id) ++image.documents;
    for (std::size_t column = 0; column < filter_columns; ++column) image.by_value[column][row.filters[column]].push_back(i);
  }
  for (std::uint32_t i = 0; i < image.passages.size(); ++i) image.by_chunk.emplace(image.passages[i].chunk_id, i);
  image.Count();
}

/// Equal passages of rows with equal ids have equal chunk ids: the later ones get a number.
void TellApart(std::vector<CorpusPassage>& passages) {
  std::unordered_map<std::string, std::uint32_t> seen;
  for (CorpusPassage& passage : passages)
    if (const std::uint32_t number = seen[passage.chunk_id]++; number > 0) passage.chunk_id += "-" + std::to_string(number);
}

/// "column 0 × 1.5, headings × 1"
std::string ShownWeights(const FieldWeights& weights) {
  std::vector<std::string> columns;
  for (std::size_t column = 0; column < weights.columns.size(); ++column) columns.push_back("column " + std::to_string(column));
  std::string shown;
  for (const auto& [field, weight] : ByField(weights, columns)) shown += (shown.empty() ? "" : ", ") + field + " × " + ShownWeight(weight);
  return shown;
}

}  // namespace

void CorpusImage::Count() {
  embedded = pending = 0;
  for (const CorpusPassage& passage : passages) {
    embedded += passage.embedded ? 1 : 0;
    pending += passage.pending ? 1 : 0;
  }
}

void CorpusImage::WeighWords() {
  PlaceWeights places{.title = weights.OfColumn(0), .headings = weights.headings};
  for (const CorpusPassage& passage : passages) places.text.push_back(weights.OfColumn(passage.column));
  words.Weigh(std::move(places));
}

std::string_view CorpusImage::TextOf(const CorpusPassage& passage) const {
  return std::string_view(rows[passage.row].texts[passage.column]).substr(passage.begin, passage.end - passage.begin);
}

std::string CorpusImage::IndexedText(const CorpusPassage& passage) const {
  std::string text(TextOf(passage));
  if (passage.column == 0) return text;
  return rows[passage.row].texts[0] + "\n" + text;
}

std::shared_ptr<CorpusImage> CutRows(std::string_view corpus, std::vector<CorpusRow> rows, std::size_t filter_columns,
                                     FieldWeights weights) {
  auto image = std::make_shared<CorpusImage>();
  image->rows = std::move(rows);
  std::sort(image->rows.begin(), image->rows.end(),
            [](const CorpusRow& a, const CorpusRow& b) { return std::tie(a.id, a.texts, a.filters) < std::tie(b.id, b.texts, b.filters); });
  Headings headings;
  for (std::uint32_t i = 0; i < image->rows.size(); ++i) CutRow(corpus, i, image->rows[i], *image, headings);
  TellApart(image->passages);
  LexicalIndex::Builder words;
  for (std::size_t i = 0; i < image->passages.size(); ++i) words.Add(TermsOf(*image, image->passages[i], headings[i]));
  image->words = std::move(words).Finish();
  image->weights = std::move(weights);
  image->WeighWords();
  Connect(*image, filter_columns);
  return image;
}

std::string EncodeImage(const CorpusImage& image) {
  OctetWriter writer(kImageMagic);
  writer.Value(image.version);
  writer.Value(image.generation);
  writer.Text(image.vector_index);
  writer.Value(image.learned_from);
  writer.Text(image.embedder_id);
  writer.Value(image.dimension);
  writer.Text(image.learned ? image.learned->Encode() : std::string());
  writer.Value(image.weights.headings);
  writer.Values(std::span<const double>(image.weights.columns));
  writer.Value(static_cast<std::uint32_t>(image.by_value.size()));
  writer.Value(static_cast<std::uint32_t>(image.rows.size()));
  for (const CorpusRow& row : image.rows) {
    writer.Text(row.id);
    writer.Value(static_cast<std::uint32_t>(row.texts.size()));
    for (const std::string& text : row.texts) writer.Text(text);
    for (const std::string& value : row.filters) writer.Text(value);
  }
  writer.Value(static_cast<std::uint32_t>(image.passages.size()));
  for (const CorpusPassage& passage : image.passages) {
    writer.Text(passage.chunk_id);
    writer.Value(passage.row);
    writer.Value(passage.column);
    writer.Value(passage.begin);
    writer.Value(passage.end);
    writer.Value(static_cast<std::uint8_t>(passage.pending ? 2 : passage.embedded ? 1 : 0));
  }
  image.words.EncodeTo(writer);
  return std::move(writer).Take();
}

Result<std::string> InspectCorpusImage(std::string_view octets) {
  constexpr std::size_t kShown = 20, kShownText = 80;
  if (!octets.starts_with(kImageMagic.substr(0, 6))) return Error(ErrorCode::kInvalidArgument, "this is no image of a corpus");
  const auto image = LH_TRY(DecodeImage(octets));
  const auto line = [](std::string_view name, const std::string& value) { return std::string(name) + ": " + value + "\n"; };
  std::string text = "image of a corpus, sound\n" + line("version of the dataset", std::to_string(image->version)) +
                     line("generation", std::to_string(image->generation)) + line("vector index", image->vector_index) +
                     line("embedder", image->embedder_id + ", " + std::to_string(image->dimension) + " dimensions") +
                     line("documents", std::to_string(image->documents)) + line("rows", std::to_string(image->rows.size())) +
                     line("passages", std::to_string(image->passages.size()) + ", " + std::to_string(image->embedded) + " with a vector, " +
                                          std::to_string(image->pending) + " waiting for one") +
                     line("stems", std::to_string(image->words.terms())) + line("weights", ShownWeights(image->weights));
  for (std::size_t i = 0; i < std::min(kShown, image->passages.size()); ++i) {
    const CorpusPassage& passage = image->passages[i];
    std::string shown(image->TextOf(passage).substr(0, kShownText));
    std::replace(shown.begin(), shown.end(), '\n', ' ');
    text += "  " + passage.chunk_id + " of " + image->rows[passage.row].id + ", column " + std::to_string(passage.column) + ", octets " +
            std::to_string(passage.begin) + " to " + std::to_string(passage.end) + ": " + shown + "\n";
  }
  if (image->passages.size() > kShown) text += "  … and " + std::to_string(image->passages.size() - kShown) + " more\n";
  return text;
}

Result<std::shared_ptr<CorpusImage>> DecodeImage(std::string_view octets) {
  OctetReader reader = LH_TRY(OctetReader::Open(octets, kImageMagic));
  auto image = std::make_shared<CorpusImage>();
  image->version = reader.Value<std::int64_t>();
  image->generation = reader.Value<std::int64_t>();
  image->vector_index = reader.Text();
  image->learned_from = reader.Value<std::uint64_t>();
  image->embedder_id = reader.Text();
  image->dimension = reader.Value<std::uint32_t>();
  const std::string learned = reader.Text();
  image->weights.headings = reader.Value<double>();
  image->weights.columns = reader.Values<double>();
  const auto is_weight = [](double weight) { return weight >= 0 && weight <= kMostWeight; };
  if (!is_weight(image->weights.headings) || !std::all_of(image->weights.columns.begin(), image->weights.columns.end(), is_weight))
    return Error(ErrorCode::kCorruption, "a corpus with a weight of a field that is none");
  const auto filter_columns = reader.Value<std::uint32_t>();
  const auto rows = reader.Value<std::uint32_t>();
  for (std::uint32_t i = 0; i < rows && !reader.failed(); ++i) {
    CorpusRow& row = image->rows.emplace_back();
    row.id = reader.Text();
    const auto texts = reader.Value<std::uint32_t>();
    for (std::uint32_t c = 0; c < texts && !reader.failed(); ++c) row.texts.push_back(reader.Text());
    for (std::uint32_t c = 0; c < filter_columns && !reader.failed(); ++c) row.filters.push_back(reader.Text());
  }
  const auto passages = reader.Value<std::uint32_t>();
  for (std::uint32_t i = 0; i < passages && !reader.failed(); ++i) {
    CorpusPassage& passage = image->passages.emplace_back();
    passage.chunk_id = reader.Text();
    passage.row = reader.Value<std::uint32_t>();
    passage.column = reader.Value<std::uint32_t>();
    passage.begin = reader.Value<std::uint64_t>();
    passage.end = reader.Value<std::uint64_t>();
    const auto vector = reader.Value<std::uint8_t>();
    passage.embedded = vector == 1;
    passage.pending = vector == 2;
    if (vector > 2) return Error(ErrorCode::kCorruption, "a corpus with a passage whose state is none");
    const bool has_place = passage.row < image->rows.size() && passage.column < image->rows[passage.row].texts.size() &&
                           passage.begin <= passage.end && passage.end <= image->rows[passage.row].texts[passage.column].size();
    if (!has_place) return Error(ErrorCode::kCorruption, "a corpus with a passage outside its rows");
  }
  image->words = LH_TRY(LexicalIndex::Decode(reader));
  LH_TRY(reader.Finish());
  if (image->words.size() != image->passages.size()) return Error(ErrorCode::kCorruption, "a corpus whose words are of other passages");
  image->WeighWords();
  if (!learned.empty()) image->learned = LH_TRY(embed::DecodeEmbedder(learned));
  if (image->learned && (image->learned->id() != image->embedder_id || image->learned->dimension() != image->dimension))
    return Error(ErrorCode::kCorruption, "a corpus whose embedder is not the one it names");
  Connect(*image, filter_columns);
  return image;
}

}  // namespace lakehouse::matrix
