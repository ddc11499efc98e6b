#include "document_url.h"

#include <algorithm>
#include <charconv>

#include "format.h"

namespace lakehouse::ui {
namespace {

std::optional<std::int64_t> NumberIn(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size() && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

DocumentUrl DocumentUrl::Of(const net::HttpRequest& request, std::string dataset) {
  DocumentUrl url;
  url.dataset = std::move(dataset);
  url.version = NumberIn(request.FindQuery("v")).value_or(0);
  url.uri = request.FindQuery("doc").value_or("");
  url.page = NumberIn(request.FindQuery("page")).value_or(0);
  url.begin = NumberIn(request.FindQuery("begin"));
  url.end = NumberIn(request.FindQuery("end"));
  if (!url.begin || !url.end || *url.end <= *url.begin) url.begin = url.end = std::nullopt;
  url.digest = request.FindQuery("d").value_or("");
  return url;
}

std::string DocumentUrl::ToString() const {
  std::string text = "/explore/" + UrlEncode(dataset) + "/read";
  char before = '?';
  const auto add = [&](const char* key, const std::string& value) {
    text += before + (key + ("=" + UrlEncode(value)));
    before = '&';
  };
  if (!uri.empty()) add("doc", uri);
  if (version > 0) add("v", std::to_string(version));
  if (page > 0) add("page", std::to_string(page));
  if (begin) add("begin", std::to_string(*begin));
  if (end) add("end", std::to_string(*end));
  if (begin && !digest.empty()) add("d", digest);
  return begin ? text + "#passage" : text;
}

DocumentUrl DocumentUrl::WithPage(std::int64_t number) const {
  return {.dataset = dataset, .version = version, .uri = uri, .page = number, .begin = {}, .end = {}, .digest = {}};
}

bool HoldsDocuments(const catalog::Schema& schema) {
  constexpr std::string_view kColumns[] = {"uri", "page", "part", "start_byte", "end_byte", "text", "metadata"};
  return std::all_of(std::begin(kColumns), std::end(kColumns), [&](std::string_view name) {
    return std::any_of(schema.columns.begin(), schema.columns.end(), [&](const catalog::Column& column) { return column.name == name; });
  });
}

bool ListsPage(std::string_view pages, std::int64_t page) {
  while (!pages.empty()) {
    const std::string_view part = pages.substr(0, pages.find(','));
    pages.remove_prefix(std::min(pages.size(), part.size() + 1));
    std::int64_t first = 0, last = 0;
    const char* const end = part.data() + part.size();
    const char* const begin = part.data() + std::min(part.find_first_not_of(' '), part.size());
    const auto [after, error] = std::from_chars(begin, end, first);
    if (error != std::errc()) continue;
    if (after == end || *after != '-' || std::from_chars(after + 1, end, last).ec != std::errc()) last = first;
    if (page >= first && page <= last) return true;
  }
  return false;
}

}  // namespace lakehouse::ui
