#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/sandbox/worker_pool.h"

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
    std::vector<std::int64_t> pages;  ///< that have got a text, from 1, in order
    std::vector<std::string> notes;   ///< for people: what was recognised and what was not, and why
  };
  /// Puts what is recognised into the text that pdftotext made, at the beginning of its page. What cannot be read stays empty and is
  /// noted; errors are those of the context, of starting programs and of the disk.
  Result<Outcome> Fill(const Context& context, const std::string& pdf_path, const std::string& text_path);

 private:
  struct BlankPage {
    std::int64_t number = 0;
    std::int64_t offset = 0;  ///< in the text, where it begins
    std::string text;
  };
  static Result<std::vector<BlankPage>> FindBlankPages(const std::string& text_path);
  /// Of these, those that have a picture.
  Result<std::vector<BlankPage>> FindScans(const Context& context, const std::string& pdf_path, std::vector<BlankPage> blank);
  /// Empty: it could not be read; `complaint` says why.
  Result<std::string> Recognise(const Context& context, const std::string& pdf_path, std::int64_t page, std::string& complaint);
  Status Insert(const std::vector<BlankPage>& pages, const std::string& text_path) const;

  sandbox::WorkerPool& workers_;
  const std::string spool_, stem_, languages_;
};

/// "1-3, 7".
std::string ShowPages(const std::vector<std::int64_t>& pages);

}  // namespace lakehouse::ingest
