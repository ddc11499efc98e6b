#include "worker_calls.h"

#include "column_names.h"
#include "documents.h"
#include "lakehouse/sandbox/wire.h"
#include "prepare_wire.h"

namespace lakehouse::ingest {
namespace {

Result<std::string> CallWorker(const Context& context, sandbox::Worker& worker, std::uint32_t type, std::string_view body,
                               const std::function<void(std::int64_t, std::int64_t)>& on_progress) {
  auto call = LH_TRY(sandbox::Call::Start(context, worker, type, body));
  for (;;) {
    const auto frame = LH_TRY(call.Next(context));
    if (!frame) return call.done();
    if (frame->type != kPrepareProgress || !on_progress) continue;
    sandbox::BodyReader reader(frame->body);
    const auto done = reader.Get<std::int64_t>(), total = reader.Get<std::int64_t>();
    if (reader.at_end()) on_progress(done, total);
  }
}

bool MakesSense(const PrepareReport& report, const PrepareRequest& request) {
  const std::string own = "tmp/" + request.stem + ".";
  const auto in_place = [&](const std::string& path) {
    return path == request.path || (path.starts_with(own) && path.find('/', 4) == std::string::npos);
  };
  if (!in_place(report.load_path) || (!report.rejects_path.empty() && !in_place(report.rejects_path))) return false;
  if (report.rows_loaded < 0 || report.rows_rejected < 0 || report.rows_loaded + report.rows_rejected != report.rows_read) return false;
  if (report.columns.size() > kMaxColumns || report.delimiter.size() > 1) return false;
  for (const PreparedColumn& column : report.columns)
    if (column.name.empty() || column.name.size() > kMaxColumnNameBytes + 16 || !IsUtf8(column.name)) return false;
  return true;
}

bool MakesSense(const DocumentListing& listing, const ListRequest& request) {
  const std::string own = "tmp/" + request.stem + ".m";
  for (const DocumentSource& source : listing.sources) {
    const bool is_member = source.path.starts_with(own) && source.path.find_first_not_of("0123456789", own.size()) == std::string::npos;
    if (!is_member && source.path != request.path) return false;
    if (source.uri.size() > 1'100 || !IsUtf8(source.uri) || source.id != DocumentIdOf(source.uri) || source.bytes < 0) return false;
    if (!source.text_path.empty() || !source.info_path.empty() || source.is_unchanged || source.version != 1) return false;
  }
  return listing.format.empty() ? listing.sources.empty() : IsDocumentFormat(listing.format);
}

}  // namespace

Result<DocumentListing> ListInWorker(const Context& context, sandbox::Worker& worker, const ListRequest& request) {
  const std::string body = LH_TRY(CallWorker(context, worker, kListRequest, EncodeJson(request), {}));
  auto listing = DecodeJson<DocumentListing>(body);
  if (listing && MakesSense(*listing, request)) return listing;
  worker.MarkUnhealthy();
  return Error(ErrorCode::kCorruption, "the worker's list of the documents makes no sense").Named("bad_frame");
}

Result<PrepareReport> PrepareInWorker(const Context& context, sandbox::Worker& worker, const PrepareRequest& request,
                                      const std::function<void(std::int64_t, std::int64_t)>& on_progress) {
  const std::string body = LH_TRY(CallWorker(context, worker, kPrepareRequest, EncodeJson(request), on_progress));
  auto report = DecodeJson<PrepareReport>(body);
  if (report && MakesSense(*report, request)) return report;
  worker.MarkUnhealthy();
  return Error(ErrorCode::kCorruption, "the worker's report of the file makes no sense").Named("bad_frame");
}

Status TidyWorker(const Context& context, sandbox::Worker& worker, const std::string& stem) {
  LH_TRY(CallWorker(context, worker, kTidyRequest, stem, {}));
  return Ok{};
}

}  // namespace lakehouse::ingest
