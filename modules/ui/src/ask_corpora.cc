#include <algorithm>
#include <array>

#include "ask_parts.h"
#include "format.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kDatasetsShown = 40;

bool IsText(const catalog::Column& column) { return column.type == "VARCHAR"; }

bool IsAskable(const catalog::Dataset& dataset) {
  return !dataset.name.ends_with("_rejects") && !catalog::IsVectorDataset(dataset.attributes) && dataset.head.rows > 0 &&
         std::ranges::any_of(dataset.head.schema.columns, IsText);
}

/// What people call columns with words to read, and those that say which, where, what kind.
bool NamesReading(std::string_view name) {
  constexpr std::array<std::string_view, 12> kReading{"text",  "body",    "note",    "resume", "summary",  "description",
                                                      "title", "comment", "content", "about",  "abstract", "message"};
  return std::ranges::any_of(kReading, [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}
bool NamesKind(std::string_view name) {
  constexpr std::array<std::string_view, 11> kKinds{"state", "city",    "role",     "status", "type", "category",
                                                    "page",  "country", "language", "format", "kind"};
  return std::ranges::find(kKinds, name) != kKinds.end();
}

/// What is ticked when the form comes: the columns of documents are known, those of tables are guessed.
struct Guess {
  std::string id;
  std::vector<std::string> texts, filters;
};
Guess GuessFor(const catalog::Schema& schema) {
  Guess guess;
  for (const catalog::Column& column : schema.columns) {
    const std::string name = catalog::FoldName(column.name);
    if (name == "uri" || (guess.id.empty() && (name == "id" || name.ends_with("_id")))) guess.id = column.name;
    if (IsText(column) && NamesReading(name) && !name.ends_with("_id")) guess.texts.push_back(column.name);
    if (NamesKind(name)) guess.filters.push_back(column.name);
  }
  if (guess.id.empty()) guess.id = schema.columns.front().name;
  // The title goes before the text.
  std::ranges::stable_partition(guess.texts,
                                [](const std::string& name) { return catalog::FoldName(name).find("title") != std::string::npos; });
  if (!guess.texts.empty()) return guess;
  for (const catalog::Column& column : schema.columns)
    if (IsText(column) && column.name != guess.id) guess.texts.push_back(column.name);
  return guess;
}

bool Has(const std::vector<std::string>& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

void ShowForm(View& view, const catalog::Dataset& dataset) {
  const Guess guess = GuessFor(dataset.head.schema);
  view.ShowFlag("chosen", true).Show("chosen_name", dataset.name).Show("chosen_rows", Counted(dataset.head.rows, "row"));
  std::string name;
  for (const char c : dataset.name) name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ? c : '-';
  view.Show("corpus_name", name.empty() || name[0] < 'a' || name[0] > 'z' ? "corpus-" + name : name);
  for (const catalog::Column& column : dataset.head.schema.columns) {
    view.ShowAdd("id_choice").Show("column", column.name).ShowFlag("picked", column.name == guess.id);
    View& row = view.ShowAdd("column_choice");
    row.Show("column", column.name).Show("type_text", TypeWords(column.type)).ShowFlag("is_text", IsText(column));
    row.ShowFlag("as_text", Has(guess.texts, column.name)).ShowFlag("as_filter", Has(guess.filters, column.name));
  }
}

/// Every value of this field of a form.
std::vector<std::string> FormFields(const net::HttpRequest& request, const std::string& name) {
  std::vector<std::string> values;
  net::HttpRequest one;
  for (std::string_view body = request.body; !body.empty();) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    one.body = pair;
    if (pair.starts_with(name + "=")) values.push_back(FormField(one, name));
  }
  return values;
}

net::HttpResponse DeclarePage(House& house, const Context& context, net::HttpRequest& request) {
  matrix::CreateCorpusRequest create;
  create.name = FormField(request, "name");
  create.dataset = FormField(request, "dataset");
  create.id_column = FormField(request, "id_column");
  create.text_columns = FormFields(request, "text");
  create.filter_columns = FormFields(request, "filter");
  // The title first: it goes before every passage of the others.
  std::ranges::stable_partition(create.text_columns,
                                [](const std::string& name) { return catalog::FoldName(name).find("title") != std::string::npos; });
  const auto made = house.parts.matrix->CreateCorpus(context, create);
  if (!made) return AnswerFault(house, context, request, "ask", made.error());
  return SeeOther("/?corpus=" + UrlEncode(made->name));
}

net::HttpResponse BuildingPiece(House& house, const Context& context, net::HttpRequest&) {
  const auto listed = house.parts.matrix->ListCorpora(context, {});
  if (!listed) return net::HttpResponse::FromError(listed.error(), context.trace);
  View view;
  ShowBuilding(view, listed->corpora);
  return AnswerPiece(house, "building", view);
}

}  // namespace

void ShowDeclare(View& view, const LakeList& lake, const std::string& chosen) {
  view.ShowFlag("declares", true);
  const catalog::Dataset* dataset = chosen.empty() ? nullptr : lake.Find(chosen);
  if (dataset != nullptr) return ShowForm(view, *dataset);
  view.ShowFlag("chosen", false);
  std::size_t shown = 0;
  for (const catalog::Dataset& one : lake.datasets) {
    if (!IsAskable(one) || shown == kDatasetsShown) continue;
    ++shown;
    view.ShowAdd("choice")
        .Show("choice_name", one.name)
        .Show("choice_rows", Counted(one.head.rows, "row"))
        .Show("choice_href", "/?new=" + UrlEncode(one.name) + "#declare");
  }
  view.ShowFlag("has_choices", shown > 0);
}

void ShowBuilding(View& view, const std::vector<matrix::CorpusInfo>& corpora) {
  bool builds = false, any = false;
  for (const matrix::CorpusInfo& corpus : corpora) {
    if (corpus.state == "ready" || (corpus.state == "refreshing" && !corpus.problem)) continue;
    any = true;
    builds = builds || corpus.state == "building";
    View& row = view.ShowAdd("built");
    row.Show("name", corpus.name).Show("dataset", corpus.dataset).ShowInteger("percent", static_cast<std::int64_t>(corpus.progress * 100));
    row.ShowFlag("is_failed", corpus.problem.has_value()).Show("problem", Cut(corpus.problem.value_or(""), 400));
  }
  view.ShowFlag("builds", builds || any).ShowFlag("polls", builds);
  view.ShowFlag("was_built", !any && !corpora.empty());
}

std::vector<net::Route> AskCorporaRoutes(House& house) {
  std::vector<net::Route> routes;
  routes.push_back(PageRoute(house, "POST", "/ask/corpora", DeclarePage));
  routes.push_back(PageRoute(house, "GET", "/ask/building", BuildingPiece));
  return routes;
}

}  // namespace lakehouse::ui
