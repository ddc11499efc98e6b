#include "page_recognition.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>

#include "byte_reader.h"
#include "lakehouse/sandbox/program.h"
#include "pdf_text.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMostScans = 200;
constexpr std::int64_t kDocumentMs = 300'000;
constexpr std::int64_t kPageMs = 60'000;
constexpr const char* kPagePixels = "3300";  // of the longer side: a letter at 300 dpi
constexpr std::uint64_t kMostPictureBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kMostPageText = 1 << 20;
constexpr std::uint64_t kMostListBytes = std::uint64_t{16} << 20;

struct SpoolFile {
  std::string path;
  ~SpoolFile() { ::unlink(path.c_str()); }
};

/// Nothing: it took too long.
Result<std::optional<sandbox::Program>> RunProgram(const Context& context, sandbox::WorkerPool& workers, sandbox::ProgramRun run) {
  run.wall_ms = kPageMs;
  run.cpu_seconds = kPageMs / 1000;
  auto done = sandbox::Program::Run(context, workers.worker_options(), workers.NewDirectoryId(), run);
  if (!done && done.error().reason() == "program_timeout") return std::optional<sandbox::Program>();
  return std::optional<sandbox::Program>(LH_TRY(std::move(done)));
}

std::vector<std::int64_t> NumbersOf(const auto& pages) {
  std::vector<std::int64_t> numbers;
  for (const auto& page : pages) numbers.push_back(page.number);
  return numbers;
}

std::string NotRead(const std::vector<std::int64_t>& pages, const std::string& why) {
  return "pages that are pictures and were not read: " + ShowPages(pages) + "; " + why;
}

}  // namespace

Result<std::vector<BlankPage>> PageRecognition::FindBlankPages(const std::string& text_path) {
  const UniqueFd fd = LH_TRY(OpenToRead(text_path));
  FdReader reader(fd.get());
  BlankPageFinder finder;
  std::string buffer(std::size_t{64} << 10, '\0');
  while (const std::size_t got = LH_TRY(reader.Read(buffer.data(), buffer.size()))) finder.Feed(std::string_view(buffer).substr(0, got));
  return finder.Take();
}

Result<std::vector<BlankPage>> PageRecognition::FindScans(const Context& context, const std::string& pdf_path,
                                                          std::vector<BlankPage> blank) {
  sandbox::ProgramRun run;
  run.program = FindSystemProgram("pdfimages");
  if (run.program.empty()) return std::vector<BlankPage>();
  run.arguments = {"-list", "-f", std::to_string(blank.front().number), "-l", std::to_string(blank.back().number), "in/document.pdf"};
  run.inputs = {{pdf_path, "document.pdf"}};
  run.file_size_bytes = kMostListBytes;
  const auto listed = LH_TRY(RunProgram(context, workers_, std::move(run)));
  const SpoolFile list{spool_ + "/" + stem_ + ".pictures"};
  if (!listed || listed->exit_status() != 0 || !listed->Take("tmp/stdout", list.path)) return std::vector<BlankPage>();
  const std::set<std::int64_t> with_picture = PagesWithPicture(LH_TRY(ReadFile(list.path)));
  std::erase_if(blank, [&](const BlankPage& page) { return !with_picture.contains(page.number); });
  return blank;
}

Result<std::string> PageRecognition::Recognise(const Context& context, const std::string& pdf_path, std::int64_t page, Trouble& trouble) {
  const std::string number = std::to_string(page);
  sandbox::ProgramRun draw;
  draw.program = FindSystemProgram("pdftoppm");
  draw.arguments = {"-gray", "-scale-to", kPagePixels, "-f", number, "-l", number, "-singlefile", "in/document.pdf", "tmp/page"};
  draw.inputs = {{pdf_path, "document.pdf"}};
  draw.file_size_bytes = kMostPictureBytes;
  const SpoolFile picture{spool_ + "/" + stem_ + ".page.pgm"};
  {
    const auto drawn = LH_TRY(RunProgram(context, workers_, std::move(draw)));
    if (!drawn || drawn->exit_status() != 0 || !drawn->Take("tmp/page.pgm", picture.path)) {
      trouble.complaint = "pdftoppm could not draw them";
      return std::string();
    }
  }
  sandbox::ProgramRun read;
  read.program = FindSystemProgram("tesseract");
  read.arguments = {"in/page.pgm", "tmp/text", "-l", languages_};
  read.inputs = {{picture.path, "page.pgm"}};
  read.file_size_bytes = kMostPageText;
  const auto done = LH_TRY(RunProgram(context, workers_, std::move(read)));
  const SpoolFile words{spool_ + "/" + stem_ + ".page.txt"};
  if (!done || done->exit_status() != 0 || !done->Take("tmp/text.txt", words.path)) {
    trouble.lacks_language = done && done->complaint().find("loading language") != std::string::npos;
    trouble.complaint = trouble.lacks_language
                            ? "tesseract lacks the languages " + languages_ + ": install their Debian packages, as tesseract-ocr-deu"
                            : "tesseract could not read them";
    return std::string();
  }
  return RecognisedText(LH_TRY(ReadFile(words.path)));
}

std::string PageRecognition::reader() const {
  const bool is_there = !languages_.empty() && !FindSystemProgram("tesseract").empty() && !FindSystemProgram("pdftoppm").empty();
  return is_there ? "tesseract " + languages_ : kNoReader;
}

Status PageRecognition::Insert(const std::vector<BlankPage>& pages, const std::string& text_path) const {
  const std::string filled = text_path + ".filled";
  {
    const UniqueFd from = LH_TRY(OpenToRead(text_path)), to = LH_TRY(OpenToWrite(filled));
    FdReader reader(from.get());
    std::string buffer(std::size_t{64} << 10, '\0');
    auto next = pages.begin();
    for (;;) {
      const std::int64_t at = reader.consumed_bytes();
      if (next != pages.end() && next->offset == at) LH_TRY(WriteAll(to.get(), (next++)->text, filled));
      const std::size_t most = next == pages.end() ? buffer.size() : std::min(buffer.size(), static_cast<std::size_t>(next->offset - at));
      const std::size_t got = LH_TRY(reader.Read(buffer.data(), most));
      if (got == 0) break;
      LH_TRY(WriteAll(to.get(), std::string_view(buffer).substr(0, got), filled));
    }
  }
  if (std::rename(filled.c_str(), text_path.c_str()) != 0)
    return Error(ErrorCode::kUnavailable, "rename " + filled + ": " + std::strerror(errno));
  return Ok{};
}

Result<PageRecognition::Outcome> PageRecognition::Fill(const Context& context, const std::string& pdf_path, const std::string& text_path) {
  Outcome outcome;
  std::vector<BlankPage> scans = LH_TRY(FindBlankPages(text_path));
  if (scans.empty()) return outcome;
  scans = LH_TRY(FindScans(context, pdf_path, std::move(scans)));
  if (scans.empty()) return outcome;
  outcome.reader = reader();
  if (outcome.reader == kNoReader) {
    outcome.unread = NumbersOf(scans);
    outcome.notes.push_back(NotRead(
        outcome.unread, languages_.empty() ? "the setting ingest.ocr_languages names no language"
                                           : "install the Debian package tesseract-ocr on the server, then send the document again"));
    return outcome;
  }
  const Deadline patience = Deadline::After(kDocumentMs);
  std::vector<BlankPage> recognised;
  std::vector<std::int64_t> failed, left;
  Trouble trouble;
  for (BlankPage& page : scans) {
    if (recognised.size() + failed.size() >= kMostScans || patience.RemainingMs() == 0) {
      left.push_back(page.number);
      outcome.unread.push_back(page.number);
      continue;
    }
    Trouble here;
    page.text = LH_TRY(Recognise(context, pdf_path, page.number, here));
    if (!here.complaint.empty()) {
      failed.push_back(page.number);
      outcome.unread.push_back(page.number);
      trouble = here;
    } else if (!page.text.empty()) {
      recognised.push_back(std::move(page));
    }
  }
  if (!failed.empty()) outcome.notes.push_back(NotRead(failed, trouble.complaint));
  if (trouble.lacks_language) outcome.reader = kNoReader;
  if (!left.empty()) outcome.notes.push_back(NotRead(left, "a document has 200 such pages and 5 minutes for them: send it in parts"));
  if (recognised.empty()) return outcome;
  LH_TRY(Insert(recognised, text_path));
  outcome.pages = NumbersOf(recognised);
  outcome.notes.push_back("pages whose text was recognised in a picture (" + languages_ +
                          "), so that words may be wrong: " + ShowPages(outcome.pages));
  return outcome;
}

}  // namespace lakehouse::ingest
