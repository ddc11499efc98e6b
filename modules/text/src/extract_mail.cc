#include <vector>

#include "lakehouse/text/extract.h"
#include "mail_decode.h"

namespace lakehouse::text {
namespace {

constexpr int kMaxNestedParts = 8;
constexpr int kMaxParts = 1'000;

struct Headers {
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string_view Find(std::string_view name) const {
    for (const auto& [key, value] : fields)
      if (key == name) return value;
    return {};
  }
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// Reads headers up to the empty line; returns the body. Nothing that looks like one: the whole is body.
std::string_view ReadHeaders(std::string_view octets, Headers& headers) {
  std::size_t at = 0;
  while (at < octets.size()) {
    const std::size_t end = std::min(octets.find('\n', at), octets.size());
    std::string_view line = octets.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return octets.substr(std::min(end + 1, octets.size()));
    if ((line[0] == ' ' || line[0] == '\t') && !headers.fields.empty()) {
      const std::size_t text = line.find_first_not_of(" \t");
      if (text != std::string_view::npos) headers.fields.back().second += " " + std::string(line.substr(text));
    } else {
      const std::size_t colon = line.find(':');
      const bool is_field = colon != std::string_view::npos && colon > 0 && line.find_first_of(" \t") > colon;
      // The first line of a mailbox file.
      if (!is_field && !(headers.fields.empty() && line.starts_with("From "))) return octets.substr(at);
      if (is_field) {
        const std::size_t value = line.find_first_not_of(" \t", colon + 1);
        headers.fields.emplace_back(Lower(line.substr(0, colon)), value == std::string_view::npos ? "" : std::string(line.substr(value)));
      }
    }
    at = end + 1;
  }
  return {};
}

/// `charset` of "text/plain; charset=\"utf-8\"".
std::string ParameterOf(std::string_view value, std::string_view name) {
  const std::string lower = Lower(value);
  for (std::size_t at = lower.find(';'); at != std::string::npos; at = lower.find(';', at + 1)) {
    std::size_t i = lower.find_first_not_of(" \t", at + 1);
    if (i == std::string::npos) return {};
    if (lower.compare(i, name.size(), name) != 0) continue;
    i = lower.find_first_not_of(" \t", i + name.size());
    if (i == std::string::npos || lower[i] != '=') continue;
    i = lower.find_first_not_of(" \t", i + 1);
    if (i == std::string::npos) return {};
    if (value[i] == '"') return std::string(value.substr(i + 1, value.find('"', i + 1) - i - 1));
    return std::string(value.substr(i, lower.find_first_of("; \t", i) - i));
  }
  return {};
}

std::string OctetsOf(std::string_view body, const Headers& headers) {
  const std::string encoding = Lower(headers.Find("content-transfer-encoding"));
  if (encoding.starts_with("base64")) return DecodeBase64(body);
  if (encoding.starts_with("quoted-printable")) return DecodeQuotedPrintable(body, false);
  return std::string(body);
}

std::string Decoded(std::string_view body, const Headers& headers) {
  return DecodeCharset(OctetsOf(body, headers), ParameterOf(headers.Find("content-type"), "charset"));
}

/// Bodies of a multipart, without the lines that part them.
std::vector<std::string_view> PartsOf(std::string_view body, const std::string& boundary) {
  std::vector<std::string_view> parts;
  const std::string mark = "--" + boundary;
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    if (body.substr(at, mark.size()) == mark) {
      if (begin != std::string_view::npos) parts.push_back(body.substr(begin, at - begin));
      begin = std::min(end + 1, body.size());
      if (body.substr(at + mark.size(), 2) == "--" || parts.size() >= kMaxParts) return parts;
    }
    at = end + 1;
  }
  if (begin != std::string_view::npos) parts.push_back(body.substr(begin));
  return parts;
}

class MailReader {
 public:
  /// True when the part gave text.
  bool Part(const Headers& headers, std::string_view body, int depth) {
    const std::string_view content_type = headers.Find("content-type");
    const std::string type = Lower(content_type.substr(0, content_type.find_first_of("; \t")));
    if (const std::string boundary = ParameterOf(content_type, "boundary");
        type.starts_with("multipart/") && !boundary.empty() && depth < kMaxNestedParts)
      return Multipart(type == "multipart/alternative", PartsOf(body, boundary), depth);
    std::string name = ParameterOf(headers.Find("content-disposition"), "filename");
    if (name.empty()) name = ParameterOf(content_type, "name");
    const bool is_text = type.empty() || type == "text/plain" || type == "text/html";
    if (!is_text || !name.empty() || Lower(headers.Find("content-disposition")).starts_with("attachment")) {
      notes.push_back("attachment \"" + DecodeHeader(name.empty() ? type : name) + "\" is no part of this text");
      if (keeps_attachments && !name.empty()) attachments.push_back({DecodeHeader(name), OctetsOf(body, headers)});
      return false;
    }
    const std::string text = Decoded(body, headers);
    const ExtractedDocument part = type == "text/html" ? ExtractHtml(text) : ExtractPlain(text);
    if (part.text.find_first_not_of(" \t\n") == std::string::npos) return false;
    if (!said.empty()) said += "\n";
    for (Heading heading : part.headings) {
      heading.start += said.size();
      headings.push_back(std::move(heading));
    }
    said += part.text;
    if (said.back() != '\n') said += '\n';
    return true;
  }

  bool keeps_attachments = false;
  std::vector<MailAttachment> attachments;
  std::string said;
  std::vector<Heading> headings;
  std::vector<std::string> notes;

 private:
  bool Multipart(bool is_choice, const std::vector<std::string_view>& parts, int depth) {
    bool any = false;
    for (const bool plain : {true, false}) {
      for (const std::string_view part : parts) {
        Headers headers;
        const std::string_view body = ReadHeaders(part, headers);
        const bool is_html = Lower(headers.Find("content-type")).starts_with("text/html");
        // Of alternatives the plain one, else the page; of others all, in their order.
        if (is_choice ? (any || is_html == plain) : !plain) continue;
        any |= Part(headers, body, depth + 1);
      }
    }
    return any;
  }
};

}  // namespace

std::vector<MailAttachment> MailAttachments(std::string_view octets) {
  Headers headers;
  const std::string_view body = ReadHeaders(octets, headers);
  MailReader reader;
  reader.keeps_attachments = true;
  reader.Part(headers, body, 0);
  return std::move(reader.attachments);
}

Result<ExtractedDocument> ExtractMail(std::string_view octets) {
  Headers headers;
  const std::string_view body = ReadHeaders(octets, headers);
  if (headers.Find("from").empty() && headers.Find("subject").empty() && headers.Find("date").empty())
    return Error(ErrorCode::kUnprocessable, "the mail has no header: neither From nor Subject nor Date").Named("bad_mail");
  MailReader reader;
  reader.Part(headers, body, 0);
  ExtractedDocument document;
  const auto header = [&](std::string_view name) { return ExtractPlain(DecodeCharset(DecodeHeader(headers.Find(name)), "")).text; };
  document.title = header("subject");
  for (const auto& [name, label] :
       {std::pair("subject", "Subject: "), {"from", "From: "}, {"to", "To: "}, {"cc", "Cc: "}, {"date", "Date: "}}) {
    const std::string value = header(name);
    if (value.empty()) continue;
    document.text += label + value + "\n";
    document.metadata[std::string_view(name) == "date" ? "created" : name] = value;
  }
  if (const std::string from = header("from"); !from.empty()) document.metadata["author"] = from;
  document.text += "\n";
  for (Heading heading : reader.headings) {
    heading.start += document.text.size();
    document.headings.push_back(std::move(heading));
  }
  document.text += reader.said;
  document.notes = reader.notes;
  return document;
}

}  // namespace lakehouse::text
