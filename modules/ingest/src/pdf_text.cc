#include "pdf_text.h"

#include <signal.h>
#include <unistd.h>

#include "column_names.h"
#include "lakehouse/sandbox/program.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kWallMs = 60'000;
constexpr std::uint64_t kCpuSeconds = 30;
constexpr std::uint64_t kMostText = std::uint64_t{256} << 20;

Error RefusedPdf(const char* reason, std::string message) {
  return Error(ErrorCode::kUnprocessable, "the PDF " + std::move(message)).Named(reason);
}

/// What the program said, for people: one line, nothing odd.
std::string SaidBy(const sandbox::Program& program) {
  std::string said = CleanText(program.complaint().substr(0, program.complaint().find('\n')), 200);
  for (char& c : said)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return said.empty() ? "it gave no reason" : said;
}

Error WhyNot(const sandbox::Program& program) {
  const std::string& complaint = program.complaint();
  if (complaint.find("Incorrect password") != std::string::npos)
    return RefusedPdf("encrypted_pdf", "is protected by a password: save it without one");
  const bool at_a_limit = program.signal() == SIGXFSZ || program.signal() == SIGXCPU || program.signal() == SIGKILL ||
                          complaint.find("Out of memory") != std::string::npos || complaint.find("bad_alloc") != std::string::npos;
  if (at_a_limit)
    return RefusedPdf("decompression_bomb", "needs more time, memory or room than a document may have, and was not read to its end");
  return RefusedPdf("bad_pdf", "cannot be read: " + SaidBy(program));
}

}  // namespace

std::string FindSystemProgram(const std::string& name) {
  for (const char* directory : {"/usr/bin/", "/usr/local/bin/", "/bin/"})
    if (::access((directory + name).c_str(), X_OK) == 0) return directory + name;
  return {};
}

PdfTools::~PdfTools() {
  for (const std::string& path : files_) ::unlink(path.c_str());
}

std::string PdfTools::NewPath(const char* ending) {
  files_.push_back(spool_ + "/" + stem_ + ".pdf" + std::to_string(files_.size()) + ending);
  return files_.back();
}

Result<PdfTools::Text> PdfTools::Read(const Context& context, const std::string& path) {
  sandbox::ProgramRun run;
  run.program = FindSystemProgram("pdftotext");
  if (run.program.empty())
    return RefusedPdf("pdf_reader_missing", "cannot be read, as pdftotext is not installed here: install the Debian package poppler-utils");
  run.arguments = {"-enc", "UTF-8", "-eol", "unix", "in/document.pdf", "tmp/text"};
  run.inputs = {{path, "document.pdf"}};
  run.wall_ms = kWallMs;
  run.cpu_seconds = kCpuSeconds;
  run.file_size_bytes = kMostText;
  auto done = sandbox::Program::Run(context, workers_.worker_options(), workers_.NewDirectoryId(), run);
  if (!done && done.error().reason() == "program_timeout")
    return RefusedPdf("decompression_bomb", "takes longer than a document may: " + done.error().message());
  const sandbox::Program text = LH_TRY(std::move(done));
  if (text.exit_status() != 0) return WhyNot(text);
  Text result;
  result.text_path = NewPath(".txt");
  LH_TRY_WHILE(text.Take("tmp/text", result.text_path), "take the text of the PDF");

  run.program = FindSystemProgram("pdfinfo");
  run.arguments = {"-enc", "UTF-8", "-isodates", "in/document.pdf"};
  run.file_size_bytes = 1 << 20;
  if (run.program.empty()) return result;
  // What it says about itself is a courtesy.
  const auto info = sandbox::Program::Run(context, workers_.worker_options(), workers_.NewDirectoryId(), run);
  if (!info || info->exit_status() != 0) return result;
  if (const std::string info_path = NewPath(".info"); info->Take("tmp/stdout", info_path)) result.info_path = info_path;
  return result;
}

}  // namespace lakehouse::ingest
