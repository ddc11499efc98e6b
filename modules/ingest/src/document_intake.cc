#include "document_intake.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

#include "lakehouse/base/json_view.h"
#include "lakehouse/query/table_view.h"
#include "worker_calls.h"

namespace lakehouse::ingest {
namespace {

/// How many pages of a document were recognised in pictures, when others were not, and by another reader than this one; `metadata` is
/// what the dataset says of it.
std::optional<std::int64_t> RecognisedUnlessBy(const std::string& reader, const std::string& metadata) {
  const auto document = JsonDocument::Parse(metadata.empty() ? "{}" : metadata);
  const auto text = [&](std::string_view key) {
    const auto value = document ? document->root().Find(key) : std::nullopt;
    return value ? std::string(value->AsString().value_or("")) : std::string();
  };
  const bool may_read_more = !text("unread_pages").empty() && reader != PageRecognition::kNoReader && text("page_reader") != reader;
  return may_read_more ? std::optional(CountPages(text("recognised_pages"))) : std::nullopt;
}

}  // namespace

Result<bool> DocumentIntake::Find(const Context& context, const ListRequest& request) {
  ListRequest inside = request;
  path_ = request.path;
  inside.path = LH_TRY_WHILE(worker_.Link(request.path), "give the file to a worker");
  DocumentListing listing = LH_TRY(ListInWorker(context, worker_, inside));
  format_ = std::move(listing.format);
  sources_ = std::move(listing.sources);
  // Two members of one name: the last counts, as it does when they are unpacked.
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < sources_.size(); ++i) last[sources_[i].id] = i;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (last[sources_[i].id] == i || !sources_[i].problem.empty()) continue;
    sources_[i].problem_reason = "same_name";
    sources_[i].problem = "another file of this name follows in the archive";
  }
  return !format_.empty();
}

Status DocumentIntake::CompareWith(const Context& context, TableBuilder& builder, const std::string& dataset, bool skips_known) {
  const auto resolved = LH_TRY(parts_.catalog.Resolve(context, {{{dataset, {}}}}));
  if (resolved.tables.size() != 1) return Error(ErrorCode::kInternal, "the catalog resolved another number of tables");
  const catalog::ResolvedTable& table = resolved.tables[0];
  const auto has = [&](std::string_view name) {
    return std::any_of(table.snapshot.schema.columns.begin(), table.snapshot.schema.columns.end(),
                       [&](const catalog::Column& column) { return column.name == name; });
  };
  if (table.files.empty() || !has("id") || !has("sha256") || !has("version") || !has("metadata")) return Ok{};
  query::FileNames names;
  for (const catalog::DataFile& file : table.files) {
    const auto held = LH_TRY(parts_.cache.Fetch(context, {file.key, file.size_bytes, file.sha256}));
    names[file.key] = LH_TRY(worker_.Link(held.path()));
  }
  std::vector<std::string> ids;
  for (const DocumentSource& source : sources_) ids.push_back(source.id);
  for (const auto& row : LH_TRY(builder.NewestDocuments(context, query::TableSelect(table, names), ids)))
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      DocumentSource& source = sources_[i];
      if (source.id != row.id) continue;
      const bool is_same = source.sha256 == row.sha256;
      source.version = row.version + (is_same ? 0 : 1);
      source.is_unchanged = is_same && skips_known && source.problem.empty();
      source.is_known = true;
      if (source.is_unchanged)
        if (const auto recognised = RecognisedUnlessBy(recognition_.reader(), row.metadata)) unread_[i] = {*recognised, {}};
    }
  return Ok{};
}

Result<bool> DocumentIntake::ReadAgain(const Context& context) {
  bool reads_more = false;
  for (auto& [at, unread] : unread_) {
    DocumentSource& again = unread.again.emplace(sources_[at]);
    again.is_unchanged = false;
    LH_TRY(ReadPdf(context, again));
    if (!again.problem.empty()) continue;
    if (CountPages(again.recognised_pages) > unread.recognised) {
      sources_[at] = again;
      reads_more = true;
    } else {
      sources_[at].notes = again.notes;
    }
  }
  return reads_more;
}

void DocumentIntake::TakeAll() {
  for (DocumentSource& source : sources_) source.is_unchanged = false;
  for (const auto& [at, unread] : unread_)
    if (unread.again) sources_[at] = *unread.again;
}

Status DocumentIntake::ReadPdfs(const Context& context) {
  for (DocumentSource& source : sources_) {
    const bool is_wanted = source.kind == "pdf" && source.problem.empty() && !source.is_unchanged && source.text_path.empty();
    if (is_wanted) LH_TRY(ReadPdf(context, source));
  }
  return Ok{};
}

Status DocumentIntake::ReadPdf(const Context& context, DocumentSource& source) {
  if (!source.path.starts_with("tmp/")) return ReadPdfAt(context, path_, source);
  const std::string path = spool_ + "/" + stem_ + ".member" + std::to_string(++taken_) + ".pdf";
  LH_TRY_WHILE(worker_.Take(source.path, path), "take a PDF out of the archive");
  const Status done = ReadPdfAt(context, path, source);
  ::unlink(path.c_str());
  return done;
}

Status DocumentIntake::ReadPdfAt(const Context& context, const std::string& path, DocumentSource& source) {
  const auto read = pdf_.Read(context, path);
  if (!read) {
    if (read.error().code() != ErrorCode::kUnprocessable) return read.error();
    source.problem_reason = read.error().reason();
    source.problem = read.error().message();
    return Ok{};
  }
  auto recognised = LH_TRY(recognition_.Fill(context, path, read->text_path));
  source.recognised_pages = ShowPages(recognised.pages);
  source.unread_pages = ShowPages(recognised.unread);
  source.page_reader = recognised.reader;
  for (std::string& note : recognised.notes) source.notes.push_back(std::move(note));
  source.text_path = LH_TRY(worker_.Link(read->text_path));
  if (!read->info_path.empty()) source.info_path = LH_TRY(worker_.Link(read->info_path));
  return Ok{};
}

bool DocumentIntake::is_unchanged() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const DocumentSource& source) { return source.is_unchanged; });
}

bool DocumentIntake::supersedes() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const DocumentSource& source) { return source.is_known && !source.is_unchanged; });
}

std::vector<std::string> DocumentIntake::ids() const {
  std::vector<std::string> ids;
  for (const DocumentSource& source : sources_)
    if (!source.is_unchanged && source.problem.empty()) ids.push_back(source.id);
  return ids;
}

}  // namespace lakehouse::ingest
