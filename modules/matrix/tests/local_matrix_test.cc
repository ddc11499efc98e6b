#include "lakehouse/matrix/local_matrix.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <thread>

#include "base_testing/matchers.h"
#include "matrix_fixture.h"

namespace lakehouse::matrix {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(LocalMatrixTest, AnswersWithTheIdsOfTheRowsThatSayIt) {
  const CorpusInfo info = Build();
  EXPECT_EQ(info.state, "ready");
  EXPECT_EQ(info.documents, 90u);
  EXPECT_EQ(info.embedded, 90u);
  EXPECT_THAT(*info.embedder_id, HasSubstr("lsa-v1@"));
  const SearchResponse found = Must(matrix_->Search({}, Asking("someone who loads trucks", 5)));
  ASSERT_EQ(found.results.size(), 5u);
  for (const Hit& hit : found.results) {
    EXPECT_THAT(hit.passage.text, HasSubstr("loads trucks"));
    EXPECT_EQ(hit.passage.column, "text");
    EXPECT_DOUBLE_EQ(hit.score, hit.why.words_part + hit.why.meaning_part);
    EXPECT_DOUBLE_EQ(hit.distance, 1 - hit.score);
    EXPECT_THAT(hit.metadata->text, HasSubstr("\"state\":"));
    EXPECT_THAT(hit.why.words, testing::Contains("truck"));
  }
  ASSERT_EQ(found.searched.size(), 1u);
  EXPECT_EQ(found.searched[0].version, 1);
  EXPECT_EQ(found.searched[0].matching, 90u);
}

TEST_F(LocalMatrixTest, FindsOneRowByTheWordThatOnlyItHas) {
  Build();
  EXPECT_EQ(Ids(Asking("employer number41", 3)).front(), "p41");
  SearchRequest misspelt = Asking("forklfit", 3);
  const SearchResponse found = Must(matrix_->Search({}, misspelt));
  EXPECT_EQ(found.corrected.at("forklfit"), "forklift");
  EXPECT_THAT(found.results[0].passage.text, HasSubstr("pallets"));
}

TEST_F(LocalMatrixTest, FiltersBeforeItSearchesAndNeverAnswersWithFewerThanFit) {
  Build();
  SearchRequest request = Asking("forklift", 40);
  request.metadata_filter = RawJson{R"({"state":"IN","years":[3,5]})"};
  std::set<std::string> expected;
  for (const Person& person : query_.people)
    if (person.state == "IN" && (person.years == 3 || person.years == 5)) expected.insert(person.id);
  const SearchResponse found = Must(matrix_->Search({}, request));
  std::set<std::string> ids;
  for (const Hit& hit : found.results) ids.insert(hit.id);
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(found.searched[0].matching, expected.size());
  request.metadata_filter = RawJson{R"({"years":3.0})"};
  EXPECT_EQ(Ids(request).size(), 9u);
  request.metadata_filter = RawJson{R"({"state":"WI"})"};
  EXPECT_THAT(Ids(request), IsEmpty());
  request.metadata_filter = RawJson{R"({"city":"Gary"})"};
  EXPECT_THAT(matrix_->Search({}, request), HasReason("bad_filter"));
}

TEST_F(LocalMatrixTest, AnswersWithAllThereAreWhenSoManyAreAskedFor) {
  Build();
  EXPECT_EQ(Ids(Asking("xyzzy unknown", 1'000)).size(), 90u);
  EXPECT_EQ(Ids(Asking("forklift", 7)).size(), 7u);
}

TEST_F(LocalMatrixTest, WhatIsQuotedStandsInEachResultWordBehindWord) {
  query_.people[5].text = "The dock loads trucks, said the trucks at the dock.";
  query_.people[8].text = "At the dock he was seen with trucks.";
  Build();
  EXPECT_THAT(Ids(Asking("\"dock loads\"")), ElementsAre("p5"));
  EXPECT_THAT(Ids(Asking("who \"trucks at the dock\" \"dock loads\"")), ElementsAre("p5"));
  EXPECT_THAT(Ids(Asking("\"pipe welders\" steel", 100)).size(), 30u);  // in the title; as stems
  EXPECT_THAT(Ids(Asking("\"welder pipe\"")), IsEmpty());
  EXPECT_EQ(Ids(Asking("\"the of\" \"")).size(), 10u);  // nothing is asked for
  SearchRequest meaning = Asking("\"dock loads\"");
  meaning.alpha = 0;
  EXPECT_THAT(Ids(meaning), ElementsAre("p5"));
}

TEST_F(LocalMatrixTest, QuotesInALongQuestionAreThoseOfProse) {
  Build();
  std::string question = "The \"dock of loads\"";
  EXPECT_THAT(Ids(Asking(question)), IsEmpty());
  for (int i = 0; i < 30; ++i) question += " truck";
  EXPECT_EQ(Ids(Asking(question)).size(), 10u);
}

TEST_F(LocalMatrixTest, ExcludedIdsMakeRoomForOthers) {
  Build();
  SearchRequest request = Asking("forklift operator", 5);
  request.exclude_ids = Ids(request);
  const auto others = Ids(request);
  EXPECT_EQ(others.size(), 5u);
  for (const std::string& id : others) EXPECT_EQ(std::count(request.exclude_ids.begin(), request.exclude_ids.end(), id), 0);
}

TEST_F(LocalMatrixTest, BothFusionsAndBothEndsOfAlphaAnswer) {
  Build();
  for (const double alpha : {0.0, .5, 1.0}) {
    SearchRequest request = Asking("arc welding", 4);
    request.alpha = alpha;
    for (const Hit& hit : Must(matrix_->Search({}, request)).results) EXPECT_THAT(hit.passage.text, HasSubstr("welding")) << alpha;
  }
  SearchRequest request = Asking("arc welding", 4);
  request.fusion = "rrf";
  EXPECT_EQ(Ids(request).size(), 4u);
}

TEST_F(LocalMatrixTest, FeedbackMovesTheQueryTowardWhatIsFoundFirstAndSaysWhichThatWas) {
  Build();
  SearchRequest request = Asking("pipe welder at the hospital dock", 30);
  request.feedback = 0;
  const SearchResponse as_asked = Must(matrix_->Search({}, request));
  request.feedback = .5;
  const SearchResponse moved = Must(matrix_->Search({}, request));
  EXPECT_EQ(as_asked.searched[0].feedback, 0);
  EXPECT_EQ(moved.searched[0].feedback, .5);
  const auto leads = [](const SearchResponse& found) {
    return std::count_if(found.results.begin(), found.results.end(), [](const Hit& hit) { return hit.why.moved_query; });
  };
  EXPECT_EQ(leads(as_asked), 0);
  EXPECT_EQ(leads(moved), 5);
  EXPECT_EQ(moved.results[0].id, as_asked.results[0].id);
  EXPECT_GT(moved.results[0].why.similarity, as_asked.results[0].why.similarity) << "it asked for welders above all";
}

TEST_F(LocalMatrixTest, FeedbackIsAPartOfASearchUnlessItSaysOtherwiseAndNeverOfWordsAlone) {
  Build();
  EXPECT_EQ(Must(matrix_->Search({}, Asking("arc welding"))).searched[0].feedback, .65);
  SearchRequest words = Asking("arc welding", 30);
  words.alpha = 1;
  const SearchResponse found = Must(matrix_->Search({}, words));
  EXPECT_EQ(found.searched[0].feedback, 0);
  EXPECT_EQ(found.searched[0].alpha, 1);
  for (const Hit& hit : found.results) EXPECT_FALSE(hit.why.moved_query);
}

TEST_F(LocalMatrixTest, TheRerankerSaysWhatItAddsAndTheScoreIsTheSum) {
  Build();
  SearchRequest request = Asking("arc welding in the shop", 30);
  request.rerank = "lexical-v1";
  const SearchResponse found = Must(matrix_->Search({}, request));
  for (const Hit& hit : found.results) {
    ASSERT_TRUE(hit.why.rerank.has_value());
    EXPECT_DOUBLE_EQ(hit.score, hit.why.words_part + hit.why.meaning_part + hit.why.rerank->part);
    EXPECT_EQ(hit.why.rerank->coverage, 1);
  }
  EXPECT_TRUE(std::is_sorted(found.results.begin(), found.results.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; }));
  request.rerank.clear();
  EXPECT_FALSE(Must(matrix_->Search({}, request)).results[0].why.rerank.has_value());
}

TEST_F(LocalMatrixTest, DiversityBringsOtherKindsForward) {
  Build();
  const auto trades = [this](double diversity) {
    SearchRequest request = Asking("pipe welder at the hospital dock", 6);
    request.diversity = diversity;
    std::set<std::string> titles;
    const SearchResponse found = Must(matrix_->Search({}, request));
    EXPECT_EQ(found.results.size(), 6u);
    EXPECT_FALSE(found.results[0].why.likeness.has_value());
    for (std::size_t i = 1; i < found.results.size(); ++i) EXPECT_LE(found.results[i].score, found.results[i - 1].score);
    for (const Hit& hit : found.results) titles.insert(hit.passage.title);
    return titles;
  };
  EXPECT_EQ(trades(0).size(), 1u);
  EXPECT_EQ(trades(.7).size(), 3u);
}

TEST_F(LocalMatrixTest, DiversityStillAnswersWithAllThatFit) {
  Build();
  SearchRequest request = Asking("xyzzy unknown", 100);
  request.diversity = .5;
  EXPECT_EQ(Ids(request).size(), 90u);
}

TEST_F(LocalMatrixTest, OnlyTheIdsThatWereNamedAreSearched) {
  Build();
  SearchRequest request = Asking("arc welding", 10);
  request.only_ids = {"p0", "p1", "p2", "nobody"};
  const SearchResponse found = Must(matrix_->Search({}, request));
  EXPECT_EQ(found.searched[0].matching, 3u);
  EXPECT_EQ(found.results[0].id, "p2");
  EXPECT_EQ(found.results.size(), 3u);
  request.exclude_ids = {"p2"};
  EXPECT_EQ(Ids(request).size(), 2u);
  request.only_ids->clear();
  EXPECT_THAT(Ids(request), IsEmpty());
}

TEST_F(LocalMatrixTest, TheFirstHitsAreTheSameHoweverManyAreAskedFor) {
  Build();
  const auto many = Ids(Asking("loads pallets", 60));
  EXPECT_EQ(Ids(Asking("loads pallets", 5)), std::vector<std::string>(many.begin(), many.begin() + 5));
}

TEST_F(LocalMatrixTest, AnotherVersionEmbedsOnlyWhatChanged) {
  EXPECT_EQ(Build().embedded_by_last_build, 90u);
  auto people = People();
  people[4].text = "Drives a crane at the harbour now.";
  people.erase(people.begin() + 7);
  people.push_back({"new", "Crane driver", "Lifts containers at the harbour.", "IL", 1});
  Change(people);
  const CorpusInfo info = Must(matrix_->RefreshCorpus({}, {"staff"}));
  EXPECT_EQ(info.embedded_by_last_build, 2u);
  EXPECT_EQ(info.version, 2);
  EXPECT_EQ(info.generation, 1);
  EXPECT_EQ(info.embedded, 89u);  // no word of the new one is known to the embedder: it is found by its words
  EXPECT_EQ(Must(lake_.vectors->DescribeIndex({}, {*info.vector_index})).length, 89u);
  const auto ids = Ids(Asking("crane at the harbour", 2));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), (std::set<std::string>{"new", "p4"}));
  EXPECT_EQ(Ids(Asking("everything", 1'000)).size(), 90u);
}

TEST_F(LocalMatrixTest, AFilterColumnThatChangesIsSearchedByItsNewValue) {
  Build();
  auto people = People();
  people[0].state = "WI";
  Change(people);
  Must(matrix_->RefreshCorpus({}, {"staff"}));
  SearchRequest request = Asking("forklift");
  request.metadata_filter = RawJson{R"({"state":"WI"})"};
  EXPECT_THAT(Ids(request), ElementsAre("p0"));
}

TEST_F(LocalMatrixTest, MuchGrowthMakesANewGenerationAndDropsTheOld) {
  const std::string before = *Build().vector_index;
  Change(People(200));
  const CorpusInfo info = Must(matrix_->RefreshCorpus({}, {"staff"}));
  EXPECT_EQ(info.generation, 2);
  EXPECT_EQ(info.embedded_by_last_build, 200u);
  EXPECT_THAT(lake_.vectors->DescribeIndex({}, {before}), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(Ids(Asking("nurse", 3)).size(), 3u);
}

TEST_F(LocalMatrixTest, AStartReadsWhatWasBuiltInsteadOfTheDataset) {
  Build();
  const auto before = Ids(Asking("hospital ward"));
  const int runs = query_.runs;
  Open();
  const CorpusInfo info = Must(matrix_->RefreshCorpus({}, {"staff"}));
  EXPECT_EQ(info.state, "ready");
  EXPECT_EQ(query_.runs, runs);
  EXPECT_EQ(Ids(Asking("hospital ward")), before);
}

TEST_F(LocalMatrixTest, ADamagedImageIsBuiltAnewWithTheSameAnswers) {
  Build();
  const auto before = Ids(Asking("hospital ward"));
  std::string octets = Must(lake_.lake.store->Get({}, "_corpora/staff/image"));
  octets[octets.size() / 2] = static_cast<char>(octets[octets.size() / 2] ^ 1);
  Must(lake_.lake.store->Put({}, "_corpora/staff/image", octets));
  Open();
  Must(matrix_->RefreshCorpus({}, {"staff"}));
  EXPECT_EQ(Ids(Asking("hospital ward")), before);
}

TEST_F(LocalMatrixTest, RankingsDoNotDependOnTheOrderOfTheRows) {
  Build();
  const auto before = Ids(Asking("steel pipe in the shop", 30));
  Must(matrix_->DropCorpus({}, {"staff"}));
  std::reverse(query_.people.begin(), query_.people.end());
  Build();
  EXPECT_EQ(Ids(Asking("steel pipe in the shop", 30)), before);
}

TEST_F(LocalMatrixTest, RankingsAndScoresDoNotDependOnTheNumberOfThreads) {
  const auto ranking = [this] {
    std::vector<std::pair<std::string, double>> hits;
    for (const Hit& hit : Must(matrix_->Search({}, Asking("steel pipe in the shop", 90))).results) hits.emplace_back(hit.id, hit.score);
    return hits;
  };
  const std::string embedder = *Build().embedder_id;
  const auto before = ranking();
  for (const std::uint32_t threads : {1U, 3U, 7U}) {
    Must(matrix_->DropCorpus({}, {"staff"}));
    Open(0, threads);
    EXPECT_EQ(*Build().embedder_id, embedder) << threads;
    EXPECT_EQ(ranking(), before) << threads;
  }
}

TEST_F(LocalMatrixTest, SmallCorporaAreSearchedByPiecesOfWords) {
  query_.people = People(6);
  const CorpusInfo info = Build();
  EXPECT_THAT(*info.embedder_id, HasSubstr("chargram-v1@"));
  EXPECT_THAT(Ids(Asking("welder", 1)).front(), testing::AnyOf("p2", "p5"));
  query_.people.clear();
  Must(matrix_->DropCorpus({}, {"staff"}));
  EXPECT_EQ(Build().documents, 0u);
  EXPECT_THAT(Ids(Asking("welder", 1)), IsEmpty());
}

TEST_F(LocalMatrixTest, NothingIsSearchedBeforeItIsBuilt) {
  Must(matrix_->CreateCorpus({}, Declaration()));
  const auto found = matrix_->Search({}, Asking("nurse"));
  EXPECT_THAT(found, HasReason("corpus_building"));
  EXPECT_THAT(found.error().details(), HasSubstr("progress"));
}

TEST_F(LocalMatrixTest, AFailedRefreshKeepsWhatWasBuiltAndSaysWhy) {
  Build();
  Change(People());
  query_.failure = Error(ErrorCode::kUnavailable, "no worker is free");
  EXPECT_THAT(matrix_->RefreshCorpus({}, {"staff"}), HasCode(ErrorCode::kUnavailable));
  const CorpusInfo info = Must(matrix_->DescribeCorpus({}, {"staff"}));
  EXPECT_EQ(info.state, "ready");
  EXPECT_TRUE(info.stale);
  EXPECT_THAT(*info.problem, HasSubstr("no worker is free"));
  EXPECT_EQ(Ids(Asking("nurse", 3)).size(), 3u);
  EXPECT_TRUE(Must(matrix_->Search({}, Asking("nurse"))).searched[0].stale);
  query_.failure.reset();
  EXPECT_FALSE(Must(matrix_->RefreshCorpus({}, {"staff"})).problem.has_value());
}

TEST_F(LocalMatrixTest, WhatWasCommittedSinceIsSaidToBeMissing) {
  Build();
  EXPECT_THAT(Must(matrix_->Search({}, Asking("nurse"))).warnings, IsEmpty());
  Change(People());
  const SearchResponse found = Must(matrix_->Search({}, Asking("nurse")));
  EXPECT_TRUE(found.searched[0].stale) << "though nobody has looked at the dataset since";
  ASSERT_EQ(found.warnings.size(), 1u);
  EXPECT_EQ(found.warnings[0].code, "version_pending");
  EXPECT_THAT(found.warnings[0].message, HasSubstr("is being made searchable; this is of version"));
  Must(matrix_->RefreshCorpus({}, {"staff"}));
  EXPECT_THAT(Must(matrix_->Search({}, Asking("nurse"))).warnings, IsEmpty());
}

TEST_F(LocalMatrixTest, RowsOnTheirWayAreSaidToBeMissingOnce) {
  Build();
  loads_ = {{"places", "j1", .9}};
  EXPECT_THAT(Must(matrix_->Search({}, Asking("nurse"))).warnings, IsEmpty()) << "another dataset";
  loads_ = {{"People", "j2", {}}};
  const auto message = [&] {
    const SearchResponse found = Must(matrix_->Search({}, Asking("nurse")));
    EXPECT_EQ(found.warnings.size(), 1u);
    EXPECT_EQ(found.warnings.at(0).code, "being_loaded");
    EXPECT_EQ(found.warnings.at(0).corpus, "staff");
    return found.warnings.at(0).message;
  };
  EXPECT_THAT(message(), testing::StartsWith("people is still being read: job j2; "));
  loads_ = {{"people", "j4", 0}, {"people", "j3", .404}, {"people", "j2", {}}};
  EXPECT_THAT(message(), testing::StartsWith("people is still being read: 40 %, job j3 and 2 more; "));
}

TEST_F(LocalMatrixTest, DeclarationsAreCheckedAndKept) {
  Build();
  EXPECT_THAT(matrix_->CreateCorpus({}, Declaration()), IsOk());
  auto other = Declaration();
  other.text_columns = {"text"};
  EXPECT_THAT(matrix_->CreateCorpus({}, other), HasReason("corpus_exists"));
  other.name = "Bad Name";
  EXPECT_THAT(matrix_->CreateCorpus({}, other), HasReason("invalid_name"));
  other.name = "other";
  other.text_columns = {"txt"};
  EXPECT_THAT(matrix_->CreateCorpus({}, other), HasReason("no_such_column"));
  other.text_columns = {};
  EXPECT_THAT(matrix_->CreateCorpus({}, other), HasReason("no_text_columns"));
  other = Declaration();
  other.name = "third";
  other.dataset = "nobody";
  EXPECT_THAT(matrix_->CreateCorpus({}, other), HasCode(ErrorCode::kNotFound));
  Open();
  EXPECT_EQ(Must(matrix_->ListCorpora({}, {})).corpora.size(), 1u);
  EXPECT_THAT(matrix_->DescribeCorpus({}, {"stuff"}), HasReason("corpus_not_found"));
}

TEST_F(LocalMatrixTest, WhatIsDroppedIsGoneWithItsVectors) {
  Build();
  Must(matrix_->DropCorpus({}, {"staff"}));
  EXPECT_THAT(matrix_->Search({}, Asking("nurse")), HasReason("corpus_not_found"));
  EXPECT_THAT(Must(lake_.vectors->ListIndexes({}, {})).indexes, IsEmpty());
  EXPECT_THAT(Must(lake_.lake.store->List({}, "_corpora/", "", 10)).objects, IsEmpty());
}

TEST_F(LocalMatrixTest, OneCorpusThatFailsIsTheAnswer) {
  Build();
  SearchRequest request = Asking("nurse");
  request.corpora = {"staff", "staf"};
  EXPECT_THAT(matrix_->Search({}, request), HasReason("corpus_not_found"));
}

TEST_F(LocalMatrixTest, RequestsThatMakeNoSenseAreRefused) {
  Build();
  for (const auto& [spoil, reason] : std::vector<std::pair<std::function<void(SearchRequest&)>, std::string>>{
           {[](SearchRequest& r) { r.k = 0; }, "bad_k"},
           {[](SearchRequest& r) { r.k = 1'001; }, "bad_k"},
           {[](SearchRequest& r) { r.per_corpus_k = 0; }, "bad_per_corpus_k"},
           {[](SearchRequest& r) { r.per_corpus_k = 1'001; }, "bad_per_corpus_k"},
           {[](SearchRequest& r) { r.alpha = std::nan(""); }, "bad_alpha"},
           {[](SearchRequest& r) { r.rerank = "magic"; }, "bad_rerank"},
           {[](SearchRequest& r) { r.diversity = -.1; }, "bad_diversity"},
           {[](SearchRequest& r) { r.diversity = .1, r.k = 101; }, "bad_k"},
           {[](SearchRequest& r) { r.feedback = 1.5; }, "bad_feedback"},
           {[](SearchRequest& r) { r.feedback = std::nan(""); }, "bad_feedback"},
           {[](SearchRequest& r) { r.fusion = "magic"; }, "bad_fusion"},
           {[](SearchRequest& r) { r.corpora.clear(); }, "no_corpora"},
           {[](SearchRequest& r) { r.query_text.clear(); }, "empty_query"},
           {[](SearchRequest& r) { r.query_text.assign(40'000, 'x'); }, "too_large"},
           {[](SearchRequest& r) { r.metadata_filter = RawJson{R"({"state":{"a":1}})"}; }, "bad_filter"},
           {[](SearchRequest& r) { r.metadata_filter = RawJson{"[1]"}; }, "bad_filter"}}) {
    SearchRequest request = Asking("nurse");
    spoil(request);
    EXPECT_THAT(matrix_->Search({}, request), HasReason(reason));
  }
}

TEST_F(LocalMatrixTest, IsBuiltInTheBackgroundAndFollowsTheDataset) {
  Open(5);
  Must(matrix_->CreateCorpus({}, Declaration()));
  const auto version = [&] { return Must(matrix_->DescribeCorpus({}, {"staff"})).version.value_or(0); };
  while (version() != 1) std::this_thread::yield();
  Change(People(95));
  while (version() != 2) std::this_thread::yield();
  EXPECT_EQ(Ids(Asking("everybody", 1'000)).size(), 95u);
}

}  // namespace
}  // namespace lakehouse::matrix
