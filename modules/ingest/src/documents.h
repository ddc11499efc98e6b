#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "document_source.h"
#include "lakehouse/base/result.h"
#include "prepare.h"

/// Documents become rows, one per page or piece, of a dataset whose columns are always the same.
namespace lakehouse::ingest {

/// Whether the file is a document or an archive of them; an archive is unpacked into `directory`. kUnprocessable: reason "bad_zip",
/// "decompression_bomb", "too_many_files", "encrypted_zip", "empty_file".
Result<DocumentListing> ListDocuments(const ListRequest& request, const std::string& directory);

/// Reads the documents of `request.documents` and writes their rows as JSON, one a line. A document that cannot be read is a reject.
Result<PrepareReport> PrepareDocuments(const PrepareRequest& request, const std::string& directory, const PrepareProgress& progress);

/// The columns of every dataset of documents.
std::vector<PreparedColumn> DocumentColumns();
/// Of a job's or snapshot's format: whether it went in as documents.
bool IsDocumentFormat(std::string_view format);
/// 32 hex digits.
std::string DocumentIdOf(std::string_view uri);

}  // namespace lakehouse::ingest
