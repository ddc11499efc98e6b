#pragma once
#include "lakehouse/base/codec.h"
#include "lakehouse/matrix/hybrid.h"

/// The JSON form of the room's values.
namespace lakehouse::matrix {

BOOST_DESCRIBE_STRUCT(CreateCorpusRequest, (), (name, dataset, id_column, text_columns, filter_columns, embedder, field_weights))
BOOST_DESCRIBE_STRUCT(CorpusInfo, (),
                      (name, dataset, id_column, text_columns, filter_columns, embedder, field_weights, state, problem, progress, version,
                       head_version, stale, documents, chunks, embedded, pending, embedded_by_last_build, embedder_id, dimension,
                       generation, vector_index))
BOOST_DESCRIBE_STRUCT(ListCorporaResponse, (), (corpora))
BOOST_DESCRIBE_STRUCT(Reranking, (), (part, nearness, coverage, title))
BOOST_DESCRIBE_STRUCT(Likeness, (), (cosine, id))
BOOST_DESCRIBE_STRUCT(FieldPart, (), (weight, bm25))
BOOST_DESCRIBE_STRUCT(Explanation, (),
                      (bm25, fields, similarity, words_part, meaning_part, words_rank, meaning_rank, words, kin, moved_query, rerank,
                       likeness))
BOOST_DESCRIBE_STRUCT(Passage, (), (chunk_id, column, begin, end, title, text))
BOOST_DESCRIBE_STRUCT(Hit, (), (id, corpus, score, distance, metadata, passage, why))
BOOST_DESCRIBE_STRUCT(SearchedCorpus, (), (corpus, dataset, version, stale, embedder_id, alpha, feedback, hits, matching))
BOOST_DESCRIBE_STRUCT(SearchWarning, (), (code, corpus, message))
BOOST_DESCRIBE_STRUCT(SearchResponse, (), (results, searched, query_weights, corrected, warnings))

BOOST_DESCRIBE_STRUCT(Citation, (), (number, corpus, dataset, version, id, column, begin, end, quote, chunk_id, title, metadata))
BOOST_DESCRIBE_STRUCT(AnswerSentence, (), (text, cites))
BOOST_DESCRIBE_STRUCT(Grounding, (), (supported, dropped, suspicious))
BOOST_DESCRIBE_STRUCT(NoAnswer, (), (reason, coverage))
BOOST_DESCRIBE_STRUCT(Considered, (), (rank, corpus, id, column, begin, end, chunk_id, title, metadata, score, why, cited, left_out))
BOOST_DESCRIBE_STRUCT(SqlAnswer, (), (sql, dataset, version, columns, rows, row_count))
BOOST_DESCRIBE_STRUCT(AskResponse, (),
                      (answer, sentences, citations, no_answer, coverage, answered_by, sql, model_problem, grounding, searched, considered,
                       corrected, warnings))

BOOST_DESCRIBE_STRUCT(HybridSource, (),
                      (doc_id, chunk_text, score, distance, sql_verified, chunk_id, column, begin, end, title, metadata, why))
BOOST_DESCRIBE_STRUCT(HybridResponse, (), (index_name, sql, sql_version, sql_matches, sources, searched, warnings, answer))

}  // namespace lakehouse::matrix
