#include "corpus_reader.h"

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/sql_quote.h"

namespace lakehouse::matrix {
namespace {

std::string SelectOf(const CreateCorpusRequest& corpus, std::int64_t version) {
  std::string sql = "SELECT CAST(" + QuoteName(corpus.id_column) + " AS VARCHAR) AS i";
  for (std::size_t n = 0; n < corpus.text_columns.size(); ++n)
    sql += ", CAST(" + QuoteName(corpus.text_columns[n]) + " AS VARCHAR) AS t" + std::to_string(n);
  for (std::size_t n = 0; n < corpus.filter_columns.size(); ++n)
    sql += ", " + QuoteName(corpus.filter_columns[n]) + " AS f" + std::to_string(n);
  return sql + " FROM " + QuoteName(corpus.dataset) + " AT (VERSION => " + std::to_string(version) + ")";
}

/// One line of the result.
Status AddRow(std::string_view line, const CreateCorpusRequest& corpus, std::vector<CorpusRow>& rows) {
  const JsonDocument document = LH_TRY(JsonDocument::Parse(line));
  const auto value = [&](char kind, std::size_t n) { return document.root().Find(kind + std::to_string(n)).value_or(JsonView()); };
  const auto id = document.root().Find("i").value_or(JsonView()).AsString();
  if (!id) return Ok{};
  CorpusRow& row = rows.emplace_back();
  row.id = *id;
  for (std::size_t n = 0; n < corpus.text_columns.size(); ++n) row.texts.emplace_back(value('t', n).AsString().value_or(""));
  for (std::size_t n = 0; n < corpus.filter_columns.size(); ++n) row.filters.push_back(LH_TRY(CanonicalJson(value('f', n).ToJson())));
  return Ok{};
}

}  // namespace

Result<std::vector<CorpusRow>> ReadRows(const Context& context, query::Query& query, const CreateCorpusRequest& corpus,
                                        std::int64_t version) {
  query::QueryRequest request;
  request.sql = SelectOf(corpus, version);
  request.format = query::ResultFormat::kNdjson;
  const auto result = LH_TRY(query.Run(context, request));
  std::vector<CorpusRow> rows;
  std::string rest;
  while (const auto octets = LH_TRY(result->Next(context))) {
    rest += *octets;
    std::size_t begin = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      if (end > begin) LH_TRY(AddRow(std::string_view(rest).substr(begin, end - begin), corpus, rows));
      begin = end + 1;
    }
    rest.erase(0, begin);
  }
  if (!rest.empty()) LH_TRY(AddRow(rest, corpus, rows));
  if (!result->summary().truncated.empty())
    return Error(ErrorCode::kTooLarge,
                 "dataset " + corpus.dataset + " has more " + result->summary().truncated + " than one query may answer with");
  return rows;
}

}  // namespace lakehouse::matrix
