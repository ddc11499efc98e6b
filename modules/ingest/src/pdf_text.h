#pragma once
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/sandbox/worker_pool.h"

namespace lakehouse::ingest {

/// Has pdftotext and pdfinfo (Debian: poppler-utils) read PDF files, each in a jailed process of its own. What they write lies in the spool
/// until this goes.
class PdfTools {
 public:
  /// `stem` keeps this job's files in the spool apart.
  PdfTools(sandbox::WorkerPool& workers, std::string spool, std::string stem)
      : workers_(workers), spool_(std::move(spool)), stem_(std::move(stem)) {}
  ~PdfTools();
  PdfTools(const PdfTools&) = delete;
  PdfTools& operator=(const PdfTools&) = delete;

  struct Text {
    std::string text_path;  ///< UTF-8, a form feed after each page, columns in reading order
    std::string info_path;  ///< "Key:  value" lines; empty: pdfinfo could not say
  };
  /// kUnprocessable: "encrypted_pdf", "bad_pdf", "decompression_bomb" (too much time, memory or text), "pdf_reader_missing" with what to
  /// install. Errors of the context, and kUnavailable when nothing can be started.
  Result<Text> Read(const Context& context, const std::string& path);

 private:
  std::string NewPath(const char* ending);

  sandbox::WorkerPool& workers_;
  std::string spool_, stem_;
  std::vector<std::string> files_;
};

/// The path of a program of the system; empty: it is not installed.
std::string FindSystemProgram(const std::string& name);

}  // namespace lakehouse::ingest
