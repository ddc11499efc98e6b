#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lakehouse::ingest {

/// One document on its way: found by the worker, given its number of version by the parent, read by the worker.
struct DocumentSource {
  std::string uri;   ///< the file's name, or its path in the archive
  std::string path;  ///< "in/…" or "tmp/…"
  std::string kind;  ///< "pdf", "docx", "html", "markdown", "text", "mail"
  std::string sha256;
  std::int64_t bytes = 0;
  std::string id;                ///< the same for every version
  std::int64_t version = 1;      ///< how often other octets came under this uri, and one
  bool is_known = false;         ///< the dataset has a version of it
  bool is_unchanged = false;     ///< these octets are its newest version already
  std::string text_path;         ///< of a PDF: what pdftotext made of it
  std::string info_path;         ///< and pdfinfo
  std::string recognised_pages;  ///< whose text was recognised in a picture: "1-3, 7"
  std::string unread_pages;      ///< that are pictures in which none was read
  std::string page_reader;       ///< with those: what was there to read them; another one may read them
  std::string problem;           ///< why it is refused; empty: it is not
  std::string problem_reason;    ///< the same in one word
  std::vector<std::string> notes;
};

struct ListRequest {
  std::string path;
  std::string file_name;
  std::optional<std::string> format;
  std::string stem;
  std::int64_t max_unpacked_bytes = 0;
};
struct DocumentListing {
  std::string format;  ///< of the file: a document's kind, or "zip"; empty: it is no document
  std::vector<DocumentSource> sources;
};

/// What became of one document.
struct DocumentOutcome {
  std::string uri;
  std::int64_t rows = 0;
  std::int64_t pages = 0;
  std::string problem;
  std::string problem_reason;
  std::vector<std::string> notes;
  std::vector<std::string> personal;  ///< kinds of personal data in it, "EMAIL 3"
};

}  // namespace lakehouse::ingest
