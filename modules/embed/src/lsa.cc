#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <unordered_map>

#include "lakehouse/text/words.h"
#include "learned_format.h"
#include "truncated_svd.h"

namespace lakehouse::embed {
namespace {

constexpr std::size_t kFewestTexts = 40;
constexpr std::uint32_t kFewestDimensions = 8;

using Counts = std::map<std::string, std::uint32_t>;

Counts CountsOf(std::string_view text) {
  Counts counts;
  for (std::string& term : text::SearchTerms(text)) ++counts[std::move(term)];
  return counts;
}

/// What is kept: for each known stem how much it says (1 less the evenness of its spread) and its place among the topics.
struct LsaModel {
  std::uint32_t dimensions = 0;
  std::vector<std::string> terms;  ///< sorted
  std::vector<float> weights;
  std::vector<float> vectors;  ///< a row for each term
};

double WeightOf(std::uint32_t count, float term_weight) { return std::log(1.0 + count) * static_cast<double>(term_weight); }

class Lsa final : public LearnedEmbedder {
 public:
  explicit Lsa(LsaModel model) : model_(std::move(model)) {
    for (std::size_t i = 0; i < model_.terms.size(); ++i) rows_.emplace(model_.terms[i], i);
    id_ = EmbedderId(kLsa, Encode());
  }

  const std::string& id() const override { return id_; }
  std::uint32_t dimension() const override { return model_.dimensions; }

  Result<std::vector<Result<Embedding>>> Embed(const Context& context, std::span<const std::string> texts) override {
    return EmbedEach(context, texts, model_.dimensions, [this](const std::string& text, Embedding& out) { return EmbedOne(text, out); });
  }

  std::string Encode() const override {
    OctetWriter writer(kEmbedderMagic);
    writer.Text(kLsa);
    writer.Value(model_.dimensions);
    writer.Value(static_cast<std::uint32_t>(model_.terms.size()));
    for (const std::string& term : model_.terms) writer.Text(term);
    writer.Values(std::span<const float>(model_.weights));
    writer.Values(std::span<const float>(model_.vectors));
    return std::move(writer).Take();
  }

 private:
  bool EmbedOne(const std::string& text, Embedding& out) const {
    std::vector<double> sum(model_.dimensions, 0);
    bool known = false;
    for (const auto& [term, count] : CountsOf(text)) {
      const auto found = rows_.find(term);
      if (found == rows_.end()) continue;
      known = true;
      const double weight = WeightOf(count, model_.weights[found->second]);
      const float* row = model_.vectors.data() + found->second * model_.dimensions;
      for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += weight * static_cast<double>(row[c]);
    }
    std::transform(sum.begin(), sum.end(), out.begin(), [](double value) { return static_cast<float>(value); });
    return known;
  }

  std::string id_;
  LsaModel model_;
  std::unordered_map<std::string, std::size_t> rows_;
};

/// Every n-th text, so that the sample is spread over the whole and depends on nothing but the texts.
std::vector<Counts> CountSample(std::span<const std::string> texts, std::size_t most) {
  std::vector<Counts> sample;
  const std::size_t count = std::min(texts.size(), most);
  for (std::size_t i = 0; i < count; ++i) sample.push_back(CountsOf(texts[i * texts.size() / count]));
  return sample;
}

struct Term {
  std::string text;
  std::uint32_t texts = 0;  ///< that have it
  std::uint64_t occurrences = 0;
};

/// Stems that two texts have, and at most half of all.
std::vector<Term> Vocabulary(const std::vector<Counts>& sample, std::size_t most) {
  std::unordered_map<std::string, Term> seen;
  for (const Counts& counts : sample) {
    for (const auto& [text, count] : counts) {
      Term& term = seen[text];
      ++term.texts;
      term.occurrences += count;
    }
  }
  std::vector<Term> terms;
  for (auto& [text, term] : seen) {
    if (term.texts < 2 || term.texts * 2 > sample.size()) continue;
    term.text = text;
    terms.push_back(std::move(term));
  }
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.texts != b.texts ? a.texts > b.texts : a.text < b.text; });
  if (terms.size() > most) terms.resize(most);
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.text < b.text; });
  return terms;
}

/// Log-entropy weights (Dumais 1991): 1 for a stem of one text only, 0 for one that all texts have equally often.
std::vector<float> EntropyWeights(const std::vector<Counts>& sample, const std::vector<Term>& terms,
                                  const std::unordered_map<std::string, std::uint32_t>& columns) {
  std::vector<double> spread(terms.size(), 0);
  for (const Counts& counts : sample) {
    for (const auto& [text, count] : counts) {
      const auto column = columns.find(text);
      if (column == columns.end()) continue;
      const double share = static_cast<double>(count) / static_cast<double>(terms[column->second].occurrences);
      spread[column->second] += share * std::log(share);
    }
  }
  std::vector<float> weights;
  for (const double value : spread)
    weights.push_back(static_cast<float>(std::max(0.0, 1 + value / std::log(static_cast<double>(sample.size())))));
  return weights;
}

/// A row of unit length for each text.
SparseRows MatrixOf(const std::vector<Counts>& sample, const std::vector<float>& weights,
                    const std::unordered_map<std::string, std::uint32_t>& columns) {
  SparseRows matrix;
  matrix.width = static_cast<std::uint32_t>(weights.size());
  for (const Counts& counts : sample) {
    const std::size_t begin = matrix.values.size();
    double squares = 0;
    for (const auto& [text, count] : counts) {
      const auto column = columns.find(text);
      if (column == columns.end()) continue;
      const double weight = WeightOf(count, weights[column->second]);
      matrix.columns.push_back(column->second);
      matrix.values.push_back(static_cast<float>(weight));
      squares += weight * weight;
    }
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (std::size_t i = begin; i < matrix.values.size(); ++i)
      matrix.values[i] = static_cast<float>(static_cast<double>(matrix.values[i]) * scale);
    matrix.starts.push_back(matrix.values.size());
  }
  return matrix;
}

Error TooFew(const std::string& found) {
  return Error(ErrorCode::kUnprocessable, "lsa-v1 learns from at least 40 texts that have words in common; found " + found)
      .Named("too_few_texts");
}

}  // namespace

Result<std::unique_ptr<LearnedEmbedder>> LearnLsa(const Context& context, std::span<const std::string> texts, const LsaOptions& options) {
  if (texts.size() < kFewestTexts) return TooFew(std::to_string(texts.size()) + " texts");
  const std::vector<Counts> sample = CountSample(texts, options.texts);
  const std::vector<Term> terms = Vocabulary(sample, options.vocabulary);
  LsaModel model;
  model.dimensions = static_cast<std::uint32_t>(std::min<std::size_t>({options.dimensions, sample.size() / 4, terms.size() / 2}));
  if (model.dimensions < kFewestDimensions) return TooFew(std::to_string(terms.size()) + " words that two of them have");
  std::unordered_map<std::string, std::uint32_t> columns;
  for (std::size_t i = 0; i < terms.size(); ++i) columns.emplace(terms[i].text, static_cast<std::uint32_t>(i));
  model.weights = EntropyWeights(sample, terms, columns);
  model.vectors = LH_TRY(RightSingularVectors(context, MatrixOf(sample, model.weights, columns), model.dimensions, options.threads));
  for (const Term& term : terms) model.terms.push_back(term.text);
  return std::unique_ptr<LearnedEmbedder>(std::make_unique<Lsa>(std::move(model)));
}

Result<std::unique_ptr<LearnedEmbedder>> DecodeLsa(OctetReader reader) {
  LsaModel model;
  model.dimensions = reader.Value<std::uint32_t>();
  const auto count = reader.Value<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) model.terms.push_back(reader.Text());
  model.weights = reader.Values<float>();
  model.vectors = reader.Values<float>();
  LH_TRY(reader.Finish());
  const std::size_t n = model.terms.size();
  if (model.dimensions == 0 || model.weights.size() != n || model.vectors.size() != n * model.dimensions)
    return Error(ErrorCode::kCorruption, "an lsa-v1 model whose parts have different lengths");
  return std::unique_ptr<LearnedEmbedder>(std::make_unique<Lsa>(std::move(model)));
}

}  // namespace lakehouse::embed
