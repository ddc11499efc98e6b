#pragma once
#include <gmock/gmock.h>

#include "lakehouse/matrix/local_matrix.h"
#include "people_query.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::matrix {

/// A corpus "staff" over people, which tests declare and build.
class LocalMatrixTest : public testing::Test {
 protected:
  void SetUp() override {
    CreatePeople(*lake_.catalog);
    query_.people = People();
    Open();
  }
  void Open(std::int64_t poll_ms = 0, std::uint32_t threads = 2) {
    matrix_.reset();
    matrix_ = MakeLocalMatrix({.store = *lake_.lake.store,
                               .catalog = *lake_.catalog,
                               .query = query_,
                               .vectors = *lake_.vectors,
                               .log = lake_.lake.log,
                               .loads = [this](const Context&) { return loads_; }},
                              {.poll_ms = poll_ms, .threads = threads});
  }
  static CreateCorpusRequest Declaration() {
    return {.name = "staff",
            .dataset = "people",
            .id_column = "id",
            .text_columns = {"title", "text"},
            .filter_columns = {"state", "years"},
            .embedder = "auto"};
  }
  /// The dataset changes: its next version has these people.
  void Change(std::vector<Person> people) {
    query_.people = std::move(people);
    const std::string key = "datasets/people/" + std::to_string(++versions_);
    Must(lake_.catalog->Commit(
        {}, catalog::ChangeOf("people", catalog::Operation::kAppend, {catalog::PutTestFile(*lake_.lake.store, key, 1)})));
  }
  CorpusInfo Build() {
    Must(matrix_->CreateCorpus({}, Declaration()));
    return Must(matrix_->RefreshCorpus({}, {"staff"}));
  }
  static SearchRequest Asking(std::string text, std::uint32_t k = 10) {
    SearchRequest request;
    request.query_text = std::move(text);
    request.corpora = {"staff"};
    request.k = k;
    return request;
  }
  std::vector<std::string> Ids(const SearchRequest& request) {
    std::vector<std::string> ids;
    for (const Hit& hit : Must(matrix_->Search({}, request)).results) ids.push_back(hit.id);
    return ids;
  }

  vector::VectorLake lake_;
  PeopleQuery query_;
  std::vector<DatasetLoad> loads_;
  std::unique_ptr<Matrix> matrix_;
  int versions_ = 0;
};

}  // namespace lakehouse::matrix
