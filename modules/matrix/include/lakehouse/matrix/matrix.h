#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/raw_json.h"

/// Search by words and meaning over datasets.
namespace lakehouse::matrix {

inline constexpr std::uint32_t kMostHits = 1'000;  ///< of one search

/// Declares a dataset searchable, once. Whatever is committed to it later becomes searchable by itself.
struct CreateCorpusRequest {
  std::string name;  ///< 1 to 64 of a-z, 0-9, '_' and '-', beginning with a letter
  std::string dataset;
  std::string id_column;                    ///< its value, as text, is a hit's id; rows of one id are one document
  std::vector<std::string> text_columns;    ///< what is searched, in reading order
  std::vector<std::string> filter_columns;  ///< what searches may filter by, and hits bring as metadata
  /// "lsa-v1", "chargram-v1"; "auto": the first of them that the corpus is large enough for; or a configured provider: "ollama", "openai",
  /// "sidecar". Empty: as it is; of a new corpus "auto".
  std::string embedder;
  /// What a word counts, for BM25, by the field it stands in: text columns, and "headings", those above a passage in its text. 0 to 100, 1
  /// where nothing is said; 0 leaves a field out. Absent: as it is.
  std::optional<std::map<std::string, double>> field_weights = {};
};

struct CorpusInfo {
  std::string name;
  std::string dataset;
  std::string id_column;
  std::vector<std::string> text_columns;
  std::vector<std::string> filter_columns;
  std::string embedder;
  std::map<std::string, double> field_weights;  ///< of all fields
  /// "building" (nothing is searchable yet), "ready", "refreshing" (the former state is searchable), "degraded" (searchable, but not all of
  /// it by meaning, or still with the embedder before: see problem), "failed", "damaged" (its declaration cannot be read; drop it)
  std::string state;
  std::optional<std::string> problem;   ///< of the last build, which will be tried again
  double progress = 0;                  ///< of the build that runs, 0 to 1; 1 when none does
  std::optional<std::int64_t> version;  ///< of the dataset, that is searched
  std::int64_t head_version = 0;        ///< of the dataset, as last seen
  bool stale = false;                   ///< they differ
  std::uint64_t documents = 0;
  std::uint64_t chunks = 0;
  std::uint64_t embedded = 0;  ///< chunks that have a vector
  std::uint64_t pending = 0;   ///< chunks that wait for their vector until the embedding provider answers; words find them meanwhile
  std::uint64_t embedded_by_last_build = 0;
  std::optional<std::string> embedder_id;  ///< with what it has learned
  std::uint32_t dimension = 0;
  std::int64_t generation = 0;  ///< rises when the embedder changes
  std::optional<std::string> vector_index;
};
struct CorpusRequest {
  std::string name;
};
struct ListCorporaRequest {};
struct ListCorporaResponse {
  std::vector<CorpusInfo> corpora;  ///< by name
};
struct DropCorpusResponse {};

struct SearchRequest {
  std::string query_text;  ///< may be empty beside query_vector
  /// Stands for the vector of query_text, whose words are searched all the same. Alone, nothing is fused: a score is the cosine. All
  /// corpora must be of its dimension, and of one embedder: that of `model`, or, when that is not said, the one it is taken to be of.
  std::optional<std::vector<float>> query_vector;
  /// The embedder that made query_vector, or has to make the vector of query_text: an id, or a part of "kind/model". Absent: theirs.
  std::optional<std::string> model;
  std::vector<std::string> corpora;
  std::uint32_t k = 10;
  std::optional<std::uint32_t> per_corpus_k;  ///< 1 to kMostHits: at most so many of each corpus. Absent: k
  std::optional<RawJson> metadata_filter;     ///< {"state":"IL","role":["welder","fitter"]}: filter columns; all must hold
  std::vector<std::string> exclude_ids;
  std::optional<std::vector<std::string>> only_ids;  ///< none: all; ids that the corpus lacks count nothing
  std::string fusion = "weighted";                   ///< or "rrf"
  /// Share of words in the weighted score; 1: words only, 0: meaning only. Absent: what suits the corpus' embedder.
  std::optional<double> alpha;
  /// How far the question's vector moves, from 0 (as asked) to 1, toward what was found first, before meaning is searched again. Absent:
  /// what suits the corpus' embedder; with query_vector 0.
  std::optional<double> feedback;
  std::string rerank;    ///< "lexical-v1": the first passages once more, by how they have the words (Reranking); empty: not
  double diversity = 0;  ///< 0 to 1: how much a hit that is like one before it stands back; over 0 goes with k up to 100

  std::uint32_t k_of_each() const { return std::min(k, per_corpus_k.value_or(k)); }
};

inline constexpr std::uint32_t kMostDiverse = 100;  ///< hits of a search with diversity

/// How a passage has the words of the query, each from 0 to 1.
struct Reranking {
  double part = 0;      ///< of the score: .15 nearness + .1 coverage + .05 title
  double nearness = 0;  ///< how close together those words stand that it has, of two and more
  double coverage = 0;  ///< of the query's words, by how rare they are
  double title = 0;     ///< the same of the title
};
/// Which hit before it a hit is most like, and how much.
struct Likeness {
  double cosine = 0;
  std::string id;
};

/// What the words that stand in a field bring to a score.
struct FieldPart {
  double weight = 1;  ///< of the field, as declared
  double bm25 = 0;
};

/// Why a hit stands where it does. score = words_part + meaning_part + rerank.part; with diversity d: (1 - d) of that, less
/// d · likeness.cosine.
struct Explanation {
  double bm25 = 0;                          ///< of the passage; 0: no word of the query is in it, and none that stands for one
  std::map<std::string, FieldPart> fields;  ///< the same by field: text columns and "headings"; together it is bm25
  double similarity = 0;                    ///< cosine of passage and query, as the query was searched: after feedback
  double words_part = 0;
  double meaning_part = 0;
  std::optional<std::uint32_t> words_rank;  ///< from 1
  std::optional<std::uint32_t> meaning_rank;
  std::vector<std::string> words;  ///< of the query, as stems, that the passage has
  /// Stems of the query that the passage lacks, and what it has instead: a word that keeps the same company throughout the corpus.
  std::map<std::string, std::string> kin;
  bool moved_query = false;  ///< one of those found first, toward which feedback moved the query
  std::optional<Reranking> rerank;
  std::optional<Likeness> likeness;  ///< with diversity; absent of the first, and of what is like nothing before it
};
/// Where the best passage of a document is: octets of the value of a column.
struct Passage {
  std::string chunk_id;
  std::string column;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string title;  ///< of the row: its first text column, unless that is `column`
  std::string text;
};
struct Hit {
  std::string id;
  std::string corpus;
  double score = 0;     ///< below 0 at times with diversity
  double distance = 0;  ///< 1 - score, for clients that sort by it
  std::optional<RawJson> metadata;
  Passage passage;
  Explanation why;
};
/// What was asked, and in which state it was.
struct SearchedCorpus {
  std::string corpus;
  std::string dataset;
  std::int64_t version = 0;
  bool stale = false;
  std::string embedder_id;
  double alpha = 1;            ///< as searched; 1: words alone
  double feedback = 0;         ///< as searched
  std::uint64_t hits = 0;      ///< among the results
  std::uint64_t matching = 0;  ///< documents that fit the filter
};
/// What the results lack, though they are an answer.
struct SearchWarning {
  std::string code;    ///< "meaning_unavailable": words alone; "diversity_unavailable": there are no vectors; "vectors_pending": some
                       ///< passages were found by words alone; "version_pending": the dataset has a newer version, which is being made
                       ///< searchable; "being_loaded": rows are on their way into the dataset
  std::string corpus;  ///< empty: it is of the statement's dataset
  std::string message;
};
struct SearchResponse {
  std::vector<Hit> results;  ///< best first; min(k, documents that fit the filter) of them, of each corpus per_corpus_k at most
  std::vector<SearchedCorpus> searched;
  std::map<std::string, double> query_weights;   ///< of the query's stems: how rare each is (idf)
  std::map<std::string, std::string> corrected;  ///< words that no text has, and what was searched instead
  std::vector<SearchWarning> warnings;
};

/// Corpora over datasets. Thread-safe. Every method may fail with kDeadlineExceeded or kCancelled.
class Matrix {
 public:
  virtual ~Matrix() = default;
  /// Durable when it returns; builds in the background. The same declaration again: the corpus as it is; with another
  /// embedder: vectors of that one are made behind, and swapped in when all are there; with other weights of fields: words are weighed
  /// anew, nothing is embedded for it. kAlreadyExists, reason "corpus_exists": another one has the name. kInvalidArgument: name,
  /// embedder, weights or columns. kNotFound: no such dataset.
  virtual Result<CorpusInfo> CreateCorpus(const Context& context, const CreateCorpusRequest& request) = 0;
  virtual Result<ListCorporaResponse> ListCorpora(const Context& context, const ListCorporaRequest& request) = 0;
  /// kNotFound, reason "corpus_not_found", with the nearest name: of every method that names a corpus.
  virtual Result<CorpusInfo> DescribeCorpus(const Context& context, const CorpusRequest& request) = 0;
  /// Builds now what the head of the dataset has; the next search sees it.
  virtual Result<CorpusInfo> RefreshCorpus(const Context& context, const CorpusRequest& request) = 0;
  virtual Result<DropCorpusResponse> DropCorpus(const Context& context, const CorpusRequest& request) = 0;
  /// All or nothing: an error of one corpus is the answer, for a part would lie about the whole. kUnavailable, reason
  /// "corpus_building", details {"progress"}: nothing is searchable yet; "vectors_pending": query_vector or model is given, and nothing
  /// has made a vector of that corpus yet. kInvalidArgument: k, per_corpus_k, fusion, alpha, feedback, rerank, diversity, the filter; the
  /// vector ("wrong_dimension", "not_finite", "out_of_range", "zero_norm"); "wrong_embedder": a corpus' vectors are of another.
  virtual Result<SearchResponse> Search(const Context& context, const SearchRequest& request) = 0;
};

}  // namespace lakehouse::matrix
