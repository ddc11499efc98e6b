#include <algorithm>

#include "ask_parts.h"
#include "format.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/text/stem.h"
#include "lakehouse/text/words.h"

namespace lakehouse::ui {
namespace {

std::string PageOf(const std::optional<RawJson>& metadata) {
  if (!metadata) return "";
  const auto document = JsonDocument::Parse(metadata->text);
  if (!document) return "";
  const auto page = document->root().Find("page");
  const auto number = page ? page->AsInteger() : std::nullopt;
  return number ? "p. " + std::to_string(*number) : "";
}

std::string NameOf(const std::string& title, const std::string& id) { return title.empty() ? id : Cut(title, 90); }

/// Where a citation's passage is shown: as part of this page, by itself, and as a piece.
void ShowWay(View& row, const AskUrl& url, const matrix::AskResponse& answer, std::uint32_t number) {
  const matrix::Citation& citation = answer.citations[number - 1];
  row.ShowInteger("n", number).ShowFlag("opens", !citation.corpus.empty());
  row.Show("label", "Source " + std::to_string(number) + ": " + NameOf(citation.title, citation.id));
  if (citation.corpus.empty()) return void(row.Show("href", "/" + url.Query() + "#sql-run").Show("expanded", "false"));
  const SourceUrl source = SourceUrl::Of(citation);
  const AskUrl with = url.WithSource(number);
  row.Show("href", "/" + with.Query() + "#source");
  row.Show("push", "/" + with.Query())
      .Show("piece", "/ask/source" + source.Query() + "&n=" + std::to_string(number) + "&of=" + std::to_string(answer.citations.size()) +
                         "&asked=" + UrlEncode(url.WithSource(0).Query()) + "&piece=1");
  row.Show("expanded", url.source == number ? "true" : "false").ShowFlag("is_open", url.source == number);
}

void ShowNoAnswer(View& view, const matrix::AskResponse& answer) {
  view.ShowFlag("none_" + answer.no_answer->reason, true).Set("no_answer", answer.no_answer->reason);
  view.SetNumber("coverage", answer.no_answer->coverage).Show("coverage_text", Fixed(answer.no_answer->coverage * 100, 0) + " %");
}

/// The words of the question that a passage has, as they were written.
std::string Matched(const std::string& question, const matrix::AskResponse& answer, const matrix::Considered& one) {
  std::string matched;
  const auto& stems = one.why.words;
  for (const text::Word& word : text::WordsOf(question)) {
    const auto meant = answer.corrected.find(text::StemEnglish(word.folded));
    const std::string stem = meant == answer.corrected.end() ? text::StemEnglish(word.folded) : meant->second;
    if (std::ranges::find(stems, stem) != stems.end() || std::ranges::find(stems, word.folded) != stems.end())
      matched += (matched.empty() ? "" : " ") + question.substr(word.begin, word.end - word.begin);
  }
  return matched.empty() ? "none" : matched;
}

void ShowConsidered(View& view, const AskUrl& url, const matrix::AskResponse& answer) {
  view.List("considered");
  for (const matrix::Considered& one : answer.considered) {
    View& row = view.Add("considered");
    row.SetInteger("rank", one.rank).Set("id", one.id).Set("corpus", one.corpus).Set("title", one.title).SetNumber("score", one.score);
    row.SetNumber("words", one.why.words_part).SetNumber("meaning", one.why.meaning_part);
    SourceUrl source{.corpus = one.corpus, .id = one.id, .column = one.column, .begin = one.begin, .end = one.end};
    for (const auto& searched : answer.searched)
      if (searched.corpus == one.corpus) source.version = searched.version;
    row.Show("name", NameOf(one.title, one.id)).Show("where", PageOf(one.metadata)).Show("source_href", "/ask/source" + source.Query());
    row.ShowFlag("has_name", !one.title.empty());
    const double words = std::clamp(one.why.words_part, 0.0, 1.0), meaning = std::clamp(one.why.meaning_part, 0.0, 1.0);
    row.Show("words_share", Fixed(words * 100, 1) + "%").Show("meaning_share", Fixed(meaning * 100, 1) + "%");
    row.Show("words_text", Fixed(one.why.words_part, 2)).Show("meaning_text", Fixed(one.why.meaning_part, 2));
    row.Show("score_text", Fixed(one.score, 2));
    row.Show("matched", Matched(url.question, answer, one));
    row.ShowFlag("denies", one.left_out == "denies").ShowFlag("instructs", one.left_out == "instruction");
    for (const std::uint32_t number : one.cited)
      if (number <= answer.citations.size()) ShowWay(row.ShowAdd("chip"), url, answer, number);
  }
  view.ShowFlag("has_considered", !answer.considered.empty());
  const auto cited = std::count_if(answer.considered.begin(), answer.considered.end(), [](const auto& one) { return !one.cited.empty(); });
  view.Show("considered_text",
            Counted(static_cast<std::int64_t>(answer.considered.size()), "passage") + " read, " + std::to_string(cited) + " cited");
}

void ShowSql(View& view, const matrix::SqlAnswer& sql) {
  view.ShowFlag("has_sql", true).Set("sql", sql.sql).Show("sql_href", "/sql?q=" + UrlEncode(sql.sql));
  view.Set("sql_dataset", sql.dataset).SetInteger("sql_version", sql.version).SetRaw("sql_rows", sql.rows.text);
  view.Show("sql_text", Counted(sql.row_count, "row") + " · " + sql.dataset + " v" + std::to_string(sql.version));
  const auto rows = DecodeRows(std::string_view(sql.rows.text).substr(1, sql.rows.text.size() - 2));
  view.ShowFlag("has_groups", rows && sql.columns.size() > 1);
  if (!rows || sql.columns.size() < 2) return;
  for (const std::string& column : sql.columns) view.ShowAdd("sql_column").Show("column", column);
  for (const Row& row : *rows) {
    View& line = view.ShowAdd("sql_row");
    for (std::size_t i = 0; i < row.size(); ++i) line.ShowAdd("sql_cell").Show("cell", row[i].text).ShowFlag("is_number", i > 0);
  }
}

void ShowSources(View& view, const AskUrl& url, const matrix::AskResponse& answer) {
  view.ShowFlag("has_sources", !answer.citations.empty()).List("sources");
  for (const matrix::Citation& citation : answer.citations) {
    View& row = view.Add("sources");
    ShowWay(row, url, answer, citation.number);
    row.SetInteger("number", citation.number)
        .Set("corpus", citation.corpus)
        .Set("dataset", citation.dataset)
        .SetInteger("version", citation.version)
        .Set("id", citation.id)
        .Set("column", citation.column);
    row.SetInteger("begin", static_cast<std::int64_t>(citation.begin))
        .SetInteger("end", static_cast<std::int64_t>(citation.end))
        .Set("quote", citation.quote)
        .Set("url", "/ask/source" + SourceUrl::Of(citation).Query());
    const std::string page = PageOf(citation.metadata);
    row.Show("name", NameOf(citation.title, citation.id))
        .Show("where", !page.empty()             ? page
                       : citation.corpus.empty() ? "v" + std::to_string(citation.version)
                                                 : citation.id);
  }
}

}  // namespace

void ShowSentence(View& view, const AskUrl& url, const matrix::AskResponse& answer, std::size_t at) {
  const matrix::AnswerSentence& sentence = answer.sentences[at];
  view.Set("text", sentence.text);
  std::string about, cites;
  for (const std::uint32_t number : sentence.cites) {
    if (number == 0 || number > answer.citations.size()) continue;
    ShowWay(view.ShowAdd("cite"), url, answer, number);
    cites += (cites.empty() ? "" : ",") + std::to_string(number);
    if (!about.empty() || answer.citations[number - 1].title.empty() || answer.sql) continue;
    about = answer.citations[number - 1].title;
    view.Show("about_href", "/" + url.WithSource(number).Query() + "#source");
  }
  view.SetRaw("cites", "[" + cites + "]");
  view.ShowFlag("has_about", !about.empty()).Show("about", Cut(about, 90));
}

void ShowAnswer(View& view, const Templates& templates, const AskUrl& url, const matrix::AskResponse& answer, double ms) {
  view.ShowFlag("answered", true).ShowFlag("said", !answer.sentences.empty()).ShowFlag("nothing", answer.no_answer.has_value());
  view.Set("answer", answer.answer).Set("answered_by", answer.answered_by).List("sentences");
  std::string sentences;
  for (std::size_t i = 0; i < answer.sentences.size(); ++i) {
    ShowSentence(view.Add("sentences"), url, answer, i);
    View sentence;
    ShowSentence(sentence, url, answer, i);
    sentences += templates.Render("sentence", sentence);
  }
  view.Show("sentences_piece", sentences).ShowFlag("streams", false);
  if (answer.sql) ShowSql(view, *answer.sql);
  if (answer.no_answer) ShowNoAnswer(view, answer);
  const matrix::Grounding& grounding = answer.grounding;
  view.SetInteger("supported", grounding.supported).SetInteger("dropped", grounding.dropped).SetInteger("suspicious", grounding.suspicious);
  view.ShowFlag("has_problem", answer.model_problem.has_value()).Set("model_problem", answer.model_problem.value_or(""));
  view.Show("ms_text", Milliseconds(ms));
  view.ShowFlag("has_dropped", grounding.dropped > 0).Show("dropped_text", Counted(grounding.dropped, "sentence"));
  view.ShowFlag("has_suspicious", grounding.suspicious > 0).Show("suspicious_text", Counted(grounding.suspicious, "sentence"));
  view.Show("verified_text", std::to_string(grounding.supported) + " of " + std::to_string(grounding.supported + grounding.dropped));
  view.List("searched");
  for (const matrix::SearchedCorpus& searched : answer.searched) {
    View& row = view.Add("searched");
    row.Set("corpus", searched.corpus)
        .Set("dataset", searched.dataset)
        .SetInteger("version", searched.version)
        .SetFlag("stale", searched.stale);
    row.Set("embedder", searched.embedder_id).SetInteger("matching", static_cast<std::int64_t>(searched.matching));
    row.Show("matching_text", Counted(static_cast<std::int64_t>(searched.matching), "document"))
        .Show("version_text", "v" + std::to_string(searched.version));
  }
  view.List("warnings");
  for (const matrix::SearchWarning& warning : answer.warnings)
    view.Add("warnings").Set("code", warning.code).Set("corpus", warning.corpus).Set("message", warning.message);
  view.List("corrected");
  for (const auto& [written, meant] : answer.corrected) view.Add("corrected").Set("written", written).Set("meant", meant);
  view.ShowFlag("has_read", !answer.considered.empty());
  view.Show("read_text", Counted(static_cast<std::int64_t>(answer.considered.size()), "passage"));
  ShowSources(view, url, answer);
  ShowConsidered(view, url, answer);
}

}  // namespace lakehouse::ui
