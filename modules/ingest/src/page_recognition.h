#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "page_texts.h"

namespace lakehouse::ingest {

/// Reads the pages of a PDF that are pictures (scans), with pdfimages and pdftoppm (Debian: poppler-utils) and tesseract (tesseract-ocr),
/// each in a jailed process of its own. Pages are drawn 3,300 pixels high, whatever they claim to be; a page has a minute and a document
/// five, and 200 pages.
class PageRecognition {
 public:
  /// `languages`: as tesseract takes them, "eng+deu"; empty: nothing is recognised. `stem` keeps this job's files in the spool apart.
  PageRecognition(sandbox::WorkerPool& workers, std::string spool, std::string stem, std::string languages)
      : workers_(workers), spool_(std::move(spool)), stem_(std::move(stem)), languages_(std::move(languages)) {}

  struct Outcome {
    std::vector<std::int64_t> pages;   ///< that have got a text, from 1, in order
    std::vector<std::int64_t> unread;  ///< that are pictures too, and have none
    std::string reader;                ///< of pictures: reader(), or kNoReader when that turned out to lack something
    std::vector<std::string> notes;    ///< for people: what was recognised and what was not, and why
  };
  static constexpr const char* kNoReader = "none";
  /// What would read pictures now: "tesseract eng"; kNoReader: it is not installed, or no language is named. Another one may read more.
  std::string reader() const;
  /// Puts what is recognised into the text that pdftotext made, at the beginning of its page. What cannot be read stays empty and is
  /// noted; errors are those of the context, of starting programs and of the disk.
  Result<Outcome> Fill(const Context& context, const std::string& pdf_path, const std::string& text_path);

 private:
  static Result<std::vector<BlankPage>> FindBlankPages(const std::string& text_path);
  /// Of these, those that have a picture.
  Result<std::vector<BlankPage>> FindScans(const Context& context, const std::string& pdf_path, std::vector<BlankPage> blank);
  /// Why a page was not read.
  struct Trouble {
    std::string complaint;  ///< empty: it was
    bool lacks_language = false;
  };
  /// Empty: there is no word on it, or `trouble` says why it could not be read.
  Result<std::string> Recognise(const Context& context, const std::string& pdf_path, std::int64_t page, Trouble& trouble);
  Status Insert(const std::vector<BlankPage>& pages, const std::string& text_path) const;

  sandbox::WorkerPool& workers_;
  const std::string spool_, stem_, languages_;
};

}  // namespace lakehouse::ingest
