#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/text/extracted_document.h"

namespace lakehouse::text {

// Everything here is hostile input's first reader: it runs in a jailed process, takes time and memory in proportion to the input, and
// never fails on odd text; what cannot be the format at all is kUnprocessable with a reason. How to add a format: one function here,
// one entry in ingest's document_kind.cc, one seed in fuzz/extract.

/// Plain text in UTF-8: CR and CRLF become LF, form feeds begin pages, other control characters go.
ExtractedDocument ExtractPlain(std::string_view utf8);
/// Markdown stays as it is written; headings (# and underlined) outside fences are known.
ExtractedDocument ExtractMarkdown(std::string_view utf8);
/// HTML of any age as the words a reader sees: blocks apart by empty lines, "- " before list items, " | " between cells; scripts, styles
/// and comments are left out. Linear in the input, whatever is nested in whatever.
ExtractedDocument ExtractHtml(std::string_view utf8);
/// A mail (RFC 5322): subject, sender, receivers and date, then the body; of alternatives the plain one. Attachments are named in notes.
/// "bad_mail": it has no header.
Result<ExtractedDocument> ExtractMail(std::string_view octets);

/// A file within a mail, as its sender named it.
struct MailAttachment {
  std::string name;
  std::string octets;
};
/// All of them that have a name, in their order; none where there is no mail.
std::vector<MailAttachment> MailAttachments(std::string_view octets);

/// The parts of a DOCX that are read, as they stand in its ZIP; absent ones are empty.
struct DocxParts {
  std::string document;  ///< word/document.xml
  std::string styles;    ///< word/styles.xml
  std::string core;      ///< docProps/core.xml
};
/// "bad_docx", "bad_xml". Deleted text of tracked changes is left out; pages are those of the last rendering, where it left marks.
Result<ExtractedDocument> ExtractDocx(const DocxParts& parts);

/// Text of a PDF as pdftotext gives it, a form feed after each page, and the "Key:  value" lines of pdfinfo.
ExtractedDocument ExtractPdfText(std::string_view text, std::string_view info);

/// UTF-8 of what may be in this charset ("utf-8", "iso-8859-1", "windows-1252", "us-ascii"); of others, what it looks like.
std::string DecodeCharset(std::string_view octets, std::string_view charset);

}  // namespace lakehouse::text
