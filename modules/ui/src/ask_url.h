#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/base/raw_json.h"
#include "lakehouse/matrix/answers.h"
#include "lakehouse/net/http_message.h"

namespace lakehouse::ui {

/// The state of the Ask page, which is its URL: /?q=who…&corpus=resumes&f.state=eq.IL&src=2
struct AskUrl {
  std::string question;
  std::vector<std::string> corpora;                          ///< none: all that can be searched and have the filters' columns
  std::vector<std::pair<std::string, std::string>> filters;  ///< column and value; values of one column: any of them
  std::int64_t source = 0;                                   ///< the citation that is open; 0: none

  static AskUrl Of(const net::HttpRequest& request);
  std::string Query() const;  ///< with its '?'; empty for the empty page
  AskUrl WithSource(std::int64_t number) const;
  AskUrl WithoutFilter(std::size_t at) const;
  /// {"state":["IL"]}; a value that is a number or a truth is looked for as such and as a text. Nothing without filters.
  std::optional<RawJson> MetadataFilter() const;
};

/// A passage of a document, as a URL: /ask/source?corpus=resumes&id=R-7&column=text&begin=42&end=81&v=3&d=9f86d081884c
struct SourceUrl {
  std::string corpus, id, column;
  std::uint64_t begin = 0, end = 0;    ///< octets of the column's value
  std::int64_t version = 0;            ///< of the dataset; 0: the newest
  std::string digest;                  ///< the first digits of the SHA-256 of the passage: tells rows of one document apart
  std::int64_t number = 0, count = 0;  ///< of the answer's citations; 0: it was opened by itself
  std::string asked;                   ///< Query() of the page that shows it

  static SourceUrl Of(const net::HttpRequest& request);
  static SourceUrl Of(const matrix::Citation& citation);
  std::string Query() const;  ///< of the passage alone, with its '?'
};

}  // namespace lakehouse::ui
