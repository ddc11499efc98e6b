#include "document_intake.h"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "lakehouse/query/table_view.h"
#include "worker_calls.h"

namespace lakehouse::ingest {

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
  if (table.files.empty() || !has("id") || !has("sha256") || !has("version")) return Ok{};
  query::FileNames names;
  for (const catalog::DataFile& file : table.files) {
    const auto held = LH_TRY(parts_.cache.Fetch(context, {file.key, file.size_bytes, file.sha256}));
    names[file.key] = LH_TRY(worker_.Link(held.path()));
  }
  std::vector<std::string> ids;
  for (const DocumentSource& source : sources_) ids.push_back(source.id);
  for (const auto& row : LH_TRY(builder.NewestDocuments(context, query::TableSelect(table, names), ids)))
    for (DocumentSource& source : sources_) {
      if (source.id != row.id) continue;
      const bool is_same = source.sha256 == row.sha256;
      source.version = row.version + (is_same ? 0 : 1);
      source.is_unchanged = is_same && skips_known && source.problem.empty();
      source.is_known = true;
    }
  return Ok{};
}

Status DocumentIntake::ReadPdfs(const Context& context) {
  std::int64_t taken = 0;
  for (DocumentSource& source : sources_) {
    if (source.kind != "pdf" || !source.problem.empty() || source.is_unchanged) continue;
    std::string path = path_;
    if (source.path.starts_with("tmp/")) {
      path = spool_ + "/" + stem_ + ".member" + std::to_string(++taken) + ".pdf";
      LH_TRY_WHILE(worker_.Take(source.path, path), "take a PDF out of the archive");
    }
    const Status done = ReadPdf(context, path, source);
    if (path != path_) ::unlink(path.c_str());
    LH_TRY(done);
  }
  return Ok{};
}

Status DocumentIntake::ReadPdf(const Context& context, const std::string& path, DocumentSource& source) {
  const auto read = pdf_.Read(context, path);
  if (!read) {
    if (read.error().code() != ErrorCode::kUnprocessable) return read.error();
    source.problem_reason = read.error().reason();
    source.problem = read.error().message();
    return Ok{};
  }
  auto recognised = LH_TRY(recognition_.Fill(context, path, read->text_path));
  source.recognised_pages = ShowPages(recognised.pages);
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
