#include "rerank.h"

#include <algorithm>
#include <optional>

#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

constexpr double kNearnessPart = .15, kCoveragePart = .1, kTitlePart = .05;

/// Where the text has words of the query: which word of the text, which of the query.
struct Place {
  std::size_t at = 0, term = 0;
};
std::vector<Place> PlacesOf(const std::vector<QueryTerm>& query, std::string_view text) {
  std::vector<Place> places;
  for (std::size_t at = 0; const std::string& stem : text::SearchTerms(text)) {
    for (std::size_t term = 0; term < query.size(); ++term)
      if (query[term].stem == stem) places.push_back({at, term});
    ++at;
  }
  return places;
}

std::size_t TermsIn(const std::vector<Place>& places) {
  std::vector<std::size_t> terms;
  for (const Place& place : places) terms.push_back(place.term);
  std::sort(terms.begin(), terms.end());
  return static_cast<std::size_t>(std::unique(terms.begin(), terms.end()) - terms.begin());
}

/// Words of the text from the first to the last of the shortest piece that has all of the query's words that the text has.
std::size_t ShortestPiece(const std::vector<Place>& places, std::size_t terms, std::size_t query_terms) {
  std::vector<std::size_t> times(query_terms, 0);
  std::size_t have = 0, begin = 0, shortest = places.back().at - places.front().at + 1;
  for (const Place& place : places) {
    have += times[place.term]++ == 0 ? 1 : 0;
    for (; have == terms; ++begin) {
      shortest = std::min(shortest, place.at - places[begin].at + 1);
      have -= --times[places[begin].term] == 0 ? 1 : 0;
    }
  }
  return shortest;
}

double ShareOf(const LexicalIndex& words, const std::vector<QueryTerm>& query, const std::vector<Place>& places) {
  double all = 0, had = 0;
  for (std::size_t term = 0; term < query.size(); ++term) {
    const double weight = query[term].weight * words.Rarity(query[term].stem);
    all += weight;
    if (std::any_of(places.begin(), places.end(), [term](const Place& place) { return place.term == term; })) had += weight;
  }
  return all > 0 ? had / all : 0;
}

}  // namespace

Reranking LexicalRerank(const LexicalIndex& words, const std::vector<QueryTerm>& query, std::string_view title, std::string_view text) {
  Reranking found;
  const std::vector<Place> in_text = PlacesOf(query, text), in_title = PlacesOf(query, title);
  if (const std::size_t terms = TermsIn(in_text); terms > 1)
    found.nearness = static_cast<double>(terms) / static_cast<double>(ShortestPiece(in_text, terms, query.size()));
  found.coverage = ShareOf(words, query, in_text);
  found.title = ShareOf(words, query, in_title);
  found.part = kNearnessPart * found.nearness + kCoveragePart * found.coverage + kTitlePart * found.title;
  return found;
}

}  // namespace lakehouse::matrix
