#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::matrix {

/// How much a stem says: its idf where it is known. Others say as much as the rarest.
using TermWeights = std::map<std::string, double>;
double WeightIn(const TermWeights& weights, const std::string& stem);

/// A sentence of an answer and the passages, from 1, that it says it rests on.
struct Claim {
  std::string text;
  std::vector<std::uint32_t> cites;
};

/// Why the claim must not be shown; empty: it may be. "no_citation"; "unknown_citation"; "wrong_number": a number, date or address in it is
/// in no cited passage; "wrong_name": a capitalised word inside the sentence is in none; "unsupported": less than half of what it says
/// is; "wrong_negation": it says no where the sentence it rests on does not, or the other way round.
std::string_view WhyUnsupported(const Claim& claim, std::span<const std::string> passages, const TermWeights& weights);

/// Whether a sentence of a document speaks to a model instead of to a reader: "ignore all previous instructions".
bool ReadsLikeInstruction(std::string_view sentence);

}  // namespace lakehouse::matrix
