#pragma once
#include <map>
#include <string>
#include <vector>

#include "lakehouse/query/query.h"

namespace lakehouse::ui {

/// Answers what it was told to, and keeps what it was asked.
class FakeQuery final : public query::Query {
 public:
  struct Answer {
    std::vector<query::ResultColumn> columns;
    std::vector<std::string> pieces;  ///< of kJsonRows, cut anywhere
    std::string truncated;
  };

  Result<std::unique_ptr<query::QueryResult>> Run(const Context&, const query::QueryRequest& request) override {
    asked.push_back(request);
    return std::unique_ptr<query::QueryResult>(std::make_unique<Running>(answer));
  }

  Answer answer;
  std::vector<query::QueryRequest> asked;

 private:
  class Running final : public query::QueryResult {
   public:
    explicit Running(Answer answer) : answer_(std::move(answer)) {
      header_.sequence = 7;
      header_.columns = answer_.columns;
      summary_.truncated = answer_.truncated;
    }
    const query::QueryHeader& header() const override { return header_; }
    const query::QuerySummary& summary() const override { return summary_; }
    Result<std::optional<std::string>> Next(const Context&) override {
      if (at_ == answer_.pieces.size()) return std::optional<std::string>();
      return std::optional<std::string>(answer_.pieces[at_++]);
    }

   private:
    Answer answer_;
    query::QueryHeader header_;
    query::QuerySummary summary_;
    std::size_t at_ = 0;
  };
};

}  // namespace lakehouse::ui
