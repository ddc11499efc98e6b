#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/catalog/types.h"
#include "lakehouse/net/http_message.h"

namespace lakehouse::ui {

/// A place in a document of a dataset: /explore/handbook/read?doc=shifts.md&page=3&begin=120&end=180&d=9f86d081884c#passage
struct DocumentUrl {
  std::string dataset;
  std::int64_t version = 0;                ///< of the dataset; 0: the newest
  std::string uri;                         ///< empty: the list of documents
  std::int64_t page = 0;                   ///< or part, of a document without pages; 0: where the passage is, or the first
  std::optional<std::int64_t> begin, end;  ///< the passage, octets of the document's text
  std::string digest;                      ///< the first digits of the passage's SHA-256

  static DocumentUrl Of(const net::HttpRequest& request, std::string dataset);
  /// With "#passage" when there is one.
  std::string ToString() const;
  /// Another page of it, without the passage.
  DocumentUrl WithPage(std::int64_t number) const;
};

/// Whether its rows are documents, as ingest makes them.
bool HoldsDocuments(const catalog::Schema& schema);

/// Whether "1-3, 7" has this page.
bool ListsPage(std::string_view pages, std::int64_t page);

}  // namespace lakehouse::ui
