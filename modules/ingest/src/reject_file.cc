#include "reject_file.h"

#include "column_names.h"

namespace lakehouse::ingest {

void AppendCell(std::string& out, std::string_view value) {
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

Status RejectFile::Add(std::int64_t line, std::string_view column, std::string_view reason, std::string_view raw) {
  if (!fd_) {
    fd_ = LH_TRY(OpenToWrite(path_));
    writer_ = std::make_unique<BufferedWriter>(fd_.get(), path_);
  }
  ++count_;
  std::string& out = writer_->buffer();
  out += std::to_string(line);
  out += ',';
  AppendCell(out, column);
  out += ',';
  AppendCell(out, CleanText(reason, kMaxRejectedText));
  out += ',';
  AppendCell(out, CleanText(raw, kMaxRejectedText));
  out += '\n';
  return writer_->FlushWhenFull();
}

Status RejectFile::Finish() { return writer_ ? writer_->Finish() : Status(Ok{}); }

}  // namespace lakehouse::ingest
