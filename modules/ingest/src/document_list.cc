// Finds the documents of a file, in the jail.
#include <unistd.h>

#include <algorithm>
#include <set>

#include "byte_reader.h"
#include "column_names.h"
#include "document_kind.h"
#include "documents.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/text/extract.h"
#include "zip_reader.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMaxUriBytes = 1'000;

void Refuse(DocumentSource& source, std::string reason, std::string problem) {
  source.problem_reason = std::move(reason);
  source.problem = std::move(problem);
}

/// What programs leave in archives beside what people put there.
bool IsLitter(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('/') + 1);
  return name.ends_with('/') || name.starts_with("__MACOSX/") || last.starts_with(".") || last == "Thumbs.db" || last == "desktop.ini";
}

Status Describe(DocumentSource& source) {
  const std::string kind = LH_TRY(DocumentKindOf(source.path, source.uri, {}));
  source.kind = kind;
  source.bytes = static_cast<std::int64_t>(LH_TRY(FileSize(source.path)));
  source.sha256 = LH_TRY(Sha256HexOfFile(source.path));
  if (kind.empty())
    Refuse(source, "not_a_document", "it is no document; tables are sent by themselves");
  else if (kind == "xlsx")
    Refuse(source, "not_a_document", "a workbook is a table and is sent by itself");
  else if (kind == "zip")
    Refuse(source, "nested_archive", "an archive within an archive: unpack it, or send it by itself");
  return Ok{};
}

/// Documents that came with a mail stand behind it, as "<mail>/<name>"; what is none is named in the mail's notes only.
Status AddAttachments(const ListRequest& request, const std::string& directory, const std::string& mail_path, std::size_t mail,
                      DocumentListing& listing) {
  constexpr std::int64_t kLargestMail = std::int64_t{64} << 20;  // as of any document
  if (listing.sources[mail].bytes > kLargestMail) return Ok{};
  const std::string uri = listing.sources[mail].uri;
  std::set<std::string> names;
  for (const text::MailAttachment& attachment : text::MailAttachments(LH_TRY(ReadFile(mail_path)))) {
    if (attachment.octets.empty()) continue;
    DocumentSource source;
    std::string name = CleanText(attachment.name, 200);
    while (!names.insert(name).second) name = "another " + name;
    source.uri = CleanText(uri + "/" + name, kMaxUriBytes);
    source.id = DocumentIdOf(source.uri);
    source.path = directory + request.stem + ".m" + std::to_string(listing.sources.size());
    const UniqueFd out = LH_TRY(OpenToWrite(source.path));
    LH_TRY(WriteAll(out.get(), attachment.octets, source.path));
    const Status described = Describe(source);
    if (!described && described.error().code() != ErrorCode::kUnprocessable) return described.error();
    const bool is_document = described && source.problem.empty();
    if (is_document)
      listing.sources.push_back(std::move(source));
    else
      ::unlink(source.path.c_str());
  }
  return Ok{};
}

Result<DocumentListing> Unpack(const ListRequest& request, const std::string& directory) {
  ZipLimits limits;
  if (request.max_unpacked_bytes > 0) limits.max_bytes = std::min(limits.max_bytes, request.max_unpacked_bytes);
  ZipReader zip = LH_TRY(ZipReader::Open(request.path, limits));
  DocumentListing listing{"zip", {}};
  while (const auto entry = LH_TRY(zip.Next())) {
    if (IsLitter(entry->name)) continue;
    DocumentSource source;
    source.uri = CleanText(entry->name, kMaxUriBytes);
    source.id = DocumentIdOf(source.uri);
    source.path = directory + request.stem + ".m" + std::to_string(listing.sources.size());
    if (entry->is_encrypted) {
      Refuse(source, "encrypted_zip", "it is encrypted in the archive");
      listing.sources.push_back(std::move(source));
      continue;
    }
    const UniqueFd out = LH_TRY(OpenToWrite(source.path));
    Status done = zip.CopyTo(out.get(), source.path);
    if (done) done = Describe(source);
    if (!done) {
      const bool is_its_own = done.error().code() == ErrorCode::kUnprocessable && done.error().reason() != "decompression_bomb";
      if (!is_its_own) return done.error();
      Refuse(source, std::string(done.error().reason()), done.error().message());
    }
    const std::string path = source.path;
    const bool is_mail = done && source.kind == "mail";
    listing.sources.push_back(std::move(source));
    if (is_mail) LH_TRY(AddAttachments(request, directory, path, listing.sources.size() - 1, listing));
  }
  if (listing.sources.empty()) return Error(ErrorCode::kUnprocessable, "the ZIP file holds no files").Named("empty_file");
  return listing;
}

}  // namespace

std::string DocumentIdOf(std::string_view uri) { return Sha256Hex(std::string(uri)).substr(0, 32); }

bool IsDocumentFormat(std::string_view format) {
  return format == "pdf" || format == "docx" || format == "html" || format == "markdown" || format == "text" || format == "mail" ||
         format == "zip";
}

Result<DocumentListing> ListDocuments(const ListRequest& request, const std::string& directory) {
  const std::string kind = LH_TRY(DocumentKindOf(request.path, request.file_name, request.format));
  if (!IsDocumentFormat(kind)) return DocumentListing{};
  if (kind == "zip") return Unpack(request, directory);
  DocumentSource source;
  source.uri = CleanText(request.file_name.empty() ? "document" : request.file_name, kMaxUriBytes);
  source.id = DocumentIdOf(source.uri);
  source.path = request.path;
  source.kind = kind;
  source.bytes = static_cast<std::int64_t>(LH_TRY(FileSize(request.path)));
  if (source.bytes == 0) return Error(ErrorCode::kUnprocessable, "the file is empty").Named("empty_file");
  source.sha256 = LH_TRY(Sha256HexOfFile(request.path));
  DocumentListing listing{kind, {std::move(source)}};
  if (kind == "mail") LH_TRY(AddAttachments(request, directory, request.path, 0, listing));
  return listing;
}

}  // namespace lakehouse::ingest
