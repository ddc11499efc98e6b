#pragma once
#include <gmock/gmock.h>

#include "base_testing/matchers.h"
#include "lakehouse/matrix/answers.h"

namespace lakehouse::matrix {

inline const std::vector<std::string> kPassages = {
    "Maria Lopez drives forklifts in Joliet. She holds OSHA-10 since 2021 and earns $24.50 an hour.", "The cafeteria in Gary opens at 7."};

/// Answers every search with these hits.
class FixedMatrix final : public Matrix {
 public:
  SearchResponse answer;
  Result<SearchResponse> Search(const Context&, const SearchRequest& request) override {
    asked = request;
    return answer;
  }
  Result<CorpusInfo> CreateCorpus(const Context&, const CreateCorpusRequest&) override { return CorpusInfo(); }
  Result<ListCorporaResponse> ListCorpora(const Context&, const ListCorporaRequest&) override { return ListCorporaResponse(); }
  Result<CorpusInfo> DescribeCorpus(const Context&, const CorpusRequest&) override { return CorpusInfo(); }
  Result<CorpusInfo> RefreshCorpus(const Context&, const CorpusRequest&) override { return CorpusInfo(); }
  Result<DropCorpusResponse> DropCorpus(const Context&, const CorpusRequest&) override { return DropCorpusResponse(); }
  SearchRequest asked;
};

class AskTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < kPassages.size(); ++i) {
      Hit hit;
      hit.id = "row" + std::to_string(i);
      hit.corpus = "notes";
      hit.score = 1;
      hit.passage = {.chunk_id = "c" + std::to_string(i),
                     .column = "text",
                     .begin = 100,
                     .end = 100 + kPassages[i].size(),
                     .title = "",
                     .text = kPassages[i]};
      matrix_.answer.results.push_back(hit);
    }
    SearchedCorpus searched;
    searched.corpus = "notes";
    searched.dataset = "people";
    searched.version = 7;
    matrix_.answer.searched = {searched};
    matrix_.answer.query_weights = {{"forklift", 2}, {"joliet", 3}, {"cafeteria", 3}, {"open", 2}};
  }
  AskResponse Asked(std::string question) {
    AskRequest request;
    request.question = std::move(question);
    request.corpora = {"notes"};
    return Must(answers_.Ask({}, request));
  }
  FixedMatrix matrix_;
  Answers answers_{AnswerParts{matrix_}};
};

}  // namespace lakehouse::matrix
