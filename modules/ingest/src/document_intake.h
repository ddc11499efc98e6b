#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "document_source.h"
#include "lakehouse/ingest/local_ingest.h"
#include "page_recognition.h"
#include "pdf_text.h"
#include "table_builder.h"

namespace lakehouse::ingest {

/// The parent's part in taking documents in: has them found in the worker, has PDFs read by their program, and compares them with what
/// the dataset has.
class DocumentIntake {
 public:
  DocumentIntake(IngestParts& parts, const IngestOptions& options, sandbox::Worker& worker, std::string stem)
      : parts_(parts),
        spool_(options.spool),
        worker_(worker),
        stem_(std::move(stem)),
        pdf_(parts.workers, spool_, stem_),
        recognition_(parts.workers, spool_, stem_, options.ocr_languages) {}

  /// True when the file is a document or an archive; then sources() are known.
  Result<bool> Find(const Context& context, const ListRequest& request);
  /// Gives each its number of version. `skips_known`: those that are there already, octet for octet, are left alone.
  Status CompareWith(const Context& context, TableBuilder& builder, const std::string& dataset, bool skips_known);
  /// Of those that are left alone, reads PDFs again that have pictures nobody could read when they came, if there is another reader of
  /// pictures now. Those of which more pages can be read are left alone no longer. True: there are some.
  Result<bool> ReadAgain(const Context& context);
  /// None is left alone.
  void TakeAll();
  /// Has what is a PDF turned into text, pages that are pictures too. One that cannot be is a document with a problem.
  Status ReadPdfs(const Context& context);

  const std::string& format() const { return format_; }
  const std::vector<DocumentSource>& sources() const { return sources_; }
  bool is_unchanged() const;
  /// Some have an older version in the dataset.
  bool supersedes() const;
  /// Of those that are loaded.
  std::vector<std::string> ids() const;

 private:
  /// One that is there already, with pages that another reader of pictures left.
  struct Unread {
    std::int64_t recognised = 0;          ///< pages, by that reader
    std::optional<DocumentSource> again;  ///< what came of reading it now
  };
  Status ReadPdf(const Context& context, DocumentSource& source);
  Status ReadPdfAt(const Context& context, const std::string& path, DocumentSource& source);

  IngestParts& parts_;
  const std::string& spool_;
  sandbox::Worker& worker_;
  const std::string stem_;
  PdfTools pdf_;
  PageRecognition recognition_;
  std::string path_;  // of the file, for this process
  std::string format_;
  std::vector<DocumentSource> sources_;
  std::map<std::size_t, Unread> unread_;  // by their places in sources_
  std::int64_t taken_ = 0;                // out of an archive
};

}  // namespace lakehouse::ingest
