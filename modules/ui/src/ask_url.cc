#include "ask_url.h"

#include <algorithm>
#include <map>

#include "format.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "shell.h"

namespace lakehouse::ui {
namespace {

constexpr std::string_view kEquals = "eq.";
constexpr std::size_t kDigits = 12;

std::uint64_t NaturalQuery(const net::HttpRequest& request, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, IntegerQuery(request, name, 0)));
}

}  // namespace

AskUrl AskUrl::Of(const net::HttpRequest& request) {
  AskUrl url;
  url.question = request.FindQuery("q").value_or("");
  url.source = std::max<std::int64_t>(0, IntegerQuery(request, "src", 0));
  const auto add = [&](std::string column, std::string value) {
    const std::pair filter(std::move(column), std::move(value));
    if (std::find(url.filters.begin(), url.filters.end(), filter) == url.filters.end()) url.filters.push_back(filter);
  };
  for (const auto& [name, value] : request.query) {
    if (name == "corpus" && !value.empty() && std::find(url.corpora.begin(), url.corpora.end(), value) == url.corpora.end())
      url.corpora.push_back(value);
    if (name.starts_with("f.") && value.starts_with(kEquals)) add(name.substr(2), value.substr(kEquals.size()));
  }
  // As the form sends one more.
  const std::string column = request.FindQuery("fc").value_or(""), value = request.FindQuery("fv").value_or("");
  if (!column.empty() && !value.empty()) add(column, value);
  return url;
}

std::string AskUrl::Query() const {
  std::string query;
  const auto add = [&](const std::string& name, const std::string& value) {
    query += (query.empty() ? "?" : "&") + name + "=" + UrlEncode(value);
  };
  if (!question.empty()) add("q", question);
  for (const std::string& corpus : corpora) add("corpus", corpus);
  for (const auto& [column, value] : filters) add("f." + UrlEncode(column), std::string(kEquals) + value);
  if (source > 0) add("src", std::to_string(source));
  return query;
}

AskUrl AskUrl::WithSource(std::int64_t number) const {
  AskUrl other = *this;
  other.source = number;
  return other;
}

AskUrl AskUrl::WithoutFilter(std::size_t at) const {
  AskUrl other = *this;
  other.filters.erase(other.filters.begin() + static_cast<std::ptrdiff_t>(at));
  return other;
}

std::optional<RawJson> AskUrl::MetadataFilter() const {
  if (filters.empty()) return {};
  std::map<std::string, std::vector<std::string>> by_column;
  for (const auto& [column, value] : filters) by_column[column].push_back(value);
  JsonWriter json;
  json.Open('{');
  for (const auto& [column, values] : by_column) {
    json.Key(column);
    json.Open('[');
    for (const std::string& value : values) {
      json.String(value);
      const auto parsed = JsonDocument::Parse(value);
      const auto kind = parsed ? parsed->root().kind() : JsonView::Kind::kString;
      if (kind == JsonView::Kind::kInteger || kind == JsonView::Kind::kNumber || kind == JsonView::Kind::kBool) json.Raw(value);
    }
    json.Close(']');
  }
  json.Close('}');
  return RawJson{std::move(json).Take()};
}

SourceUrl SourceUrl::Of(const net::HttpRequest& request) {
  SourceUrl url;
  const auto text = [&](std::string_view name) { return request.FindQuery(name).value_or(""); };
  url.corpus = text("corpus");
  url.id = text("id");
  url.column = text("column");
  url.begin = NaturalQuery(request, "begin");
  url.end = NaturalQuery(request, "end");
  url.version = static_cast<std::int64_t>(NaturalQuery(request, "v"));
  url.digest = text("d");
  url.number = static_cast<std::int64_t>(NaturalQuery(request, "n"));
  url.count = static_cast<std::int64_t>(NaturalQuery(request, "of"));
  url.asked = text("asked");
  return url;
}

SourceUrl SourceUrl::Of(const matrix::Citation& citation) {
  SourceUrl url;
  url.corpus = citation.corpus;
  url.id = citation.id;
  url.column = citation.column;
  url.begin = citation.begin;
  url.end = citation.end;
  url.version = citation.version;
  url.digest = Sha256Hex(citation.quote).substr(0, kDigits);
  return url;
}

std::string SourceUrl::Query() const {
  std::string query = "?corpus=" + UrlEncode(corpus) + "&id=" + UrlEncode(id) + "&column=" + UrlEncode(column) +
                      "&begin=" + std::to_string(begin) + "&end=" + std::to_string(end);
  if (version > 0) query += "&v=" + std::to_string(version);
  if (!digest.empty()) query += "&d=" + UrlEncode(digest);
  return query;
}

}  // namespace lakehouse::ui
