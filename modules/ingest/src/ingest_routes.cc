#include "lakehouse/ingest/ingest_routes.h"

#include <unistd.h>

#include <cstdio>
#include <tuple>

#include "database_routes.h"
#include "ingest_answers.h"
#include "ingest_wire.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "rules_routes.h"
#include "schedule_routes.h"

namespace lakehouse::ingest {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Param;
using net::Route;

/// How long an upload is waited for before the answer is 202 and a job to ask about.
constexpr std::int64_t kPatienceMs = 30'000;
constexpr net::WholeNumber kJobsLimit{.name = "limit", .description = "how many", .most = 1'000, .otherwise = 100};
constexpr net::WholeNumber kWaitMs{
    .name = "wait_ms", .description = "answer when the job has ended, after this time at the latest", .most = 60'000, .otherwise = 0};

/// The predecessor's answer, and what came since.
struct IngestAnswer {
  std::string name;
  std::string dataset_id;
  std::string fingerprint;
  std::int64_t row_count = 0;
  bool existing = false;
  std::optional<std::string> object_key;
  std::vector<std::string> object_keys;
  std::string state;
  std::optional<std::int64_t> version;
  std::optional<std::int64_t> sequence;
  std::int64_t rows_read = 0;
  std::int64_t rows_rejected = 0;
  std::optional<std::string> rejects_dataset;
  std::vector<std::string> notes;
  std::optional<std::vector<FileReport>> files;
  std::optional<std::vector<ExpectationResult>> expectations;
  std::string job_id;
};
BOOST_DESCRIBE_STRUCT(IngestAnswer, (),
                      (name, dataset_id, fingerprint, row_count, existing, object_key, object_keys, state, version, sequence, rows_read,
                       rows_rejected, rejects_dataset, notes, files, expectations, job_id))

struct DeleteRowsBody {
  std::string key;
  std::vector<std::string> values;
};
BOOST_DESCRIBE_STRUCT(DeleteRowsBody, (), (key, values))

struct SaveQueryBody {
  std::string sql;
  std::optional<std::string> mode;
};
BOOST_DESCRIBE_STRUCT(SaveQueryBody, (), (sql, mode))

/// A form field, else the query parameter.
std::optional<std::string> Given(const HttpRequest& request, std::string_view name) {
  if (const net::UploadPart* part = request.FindPart(name); part != nullptr && part->path.empty()) return part->value;
  return request.FindQuery(name);
}

}  // namespace

Result<bool> FlagIn(const HttpRequest& request, std::string_view name) {
  const auto text = Given(request, name);
  if (text && *text != "0" && *text != "1")
    return Error(ErrorCode::kInvalidArgument, std::string(name) + " is \"" + *text + "\"; 0 and 1 are known");
  return text == "1";
}

std::string NameAfter(std::string_view file_name) {
  std::string name;
  for (const char c : file_name.substr(0, file_name.find('.'))) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    name += plain ? c : '_';
  }
  return name;
}

Result<Mode> ModeOf(const std::optional<std::string>& text, Mode fallback) {
  if (!text || text->empty()) return fallback;
  for (const Mode mode : {Mode::kAuto, Mode::kCreate, Mode::kAppend, Mode::kReplace, Mode::kUpsert})
    if (*text == WireName(mode)) return mode;
  return Error(ErrorCode::kInvalidArgument, "mode \"" + *text + "\" is not known; auto, create, append, replace and upsert are")
      .Named("unknown_mode");
}

Result<std::optional<Nested>> NestedNamed(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::optional<Nested>();
  for (const Nested nested : {Nested::kFlatten, Nested::kKeep})
    if (*text == WireName(nested)) return std::optional(nested);
  return Error(ErrorCode::kInvalidArgument, "nested is \"" + *text + "\"; flatten and keep are known").Named("unknown_nested");
}

namespace {

/// The upload as the job's own file: moved beside where the server put it, so that it outlives the exchange.
Status TakeUpload(HttpRequest& request, IngestRequest& ingest) {
  const net::UploadPart* file = request.FindPart("file");
  if (file == nullptr || file->path.empty()) {
    file = nullptr;
    for (const net::UploadPart& part : request.parts)
      if (!part.path.empty()) file = &part;
  }
  std::string from;
  if (file != nullptr) {
    from = file->path;
    ingest.file_name = file->file_name;
    ingest.sha256 = file->sha256;
  } else if (!request.body_path.empty()) {
    from = request.body_path;
    ingest.sha256 = request.body_sha256;
    ingest.file_name = request.FindQuery("file_name").value_or("");
  } else {
    return Error(ErrorCode::kInvalidArgument, "there is no file: send it as the multipart field \"file\", or as the body itself")
        .Named("missing_file");
  }
  ingest.path = from + ".job";
  if (std::rename(from.c_str(), ingest.path.c_str()) != 0) return FileError("keep", from, errno);
  ingest.owned = true;
  return Ok{};
}

/// Where columns go that are not the dataset's.
Status ReadChoices(const HttpRequest& request, IngestRequest& ingest) {
  if (const auto columns = Given(request, "columns"); columns && !columns->empty()) {
    auto choices = DecodeJson<std::map<std::string, std::optional<std::string>>>(*columns);
    if (!choices)
      return Error(ErrorCode::kInvalidArgument,
                   "columns is a JSON object of the file's columns and where they go, {\"town\":\"city\",\"notes\":null}: " +
                       choices.error().message())
          .Named("bad_columns");
    ingest.columns = std::move(choices).Take();
  }
  for (const auto& [name, first, second, chosen] : {std::tuple("missing", "refuse", "null", &ingest.fill_missing),
                                                    {"misfits", "refuse", "reject", &ingest.reject_misfits},
                                                    {"schema", "keep", "replace", &ingest.new_schema}}) {
    const std::string text = Given(request, name).value_or(first);
    if (text != first && text != second)
      return Error(ErrorCode::kInvalidArgument, std::string(name) + " is \"" + text + "\"; " + first + " and " + second + " are known");
    *chosen = text == second;
  }
  return Ok{};
}

Result<IngestRequest> UploadOf(HttpRequest& request) {
  IngestRequest ingest;
  ingest.mode = LH_TRY(ModeOf(Given(request, "mode"), Mode::kAuto));
  ingest.key = Given(request, "key").value_or("");
  if (const auto format = Given(request, "format"); format && !format->empty()) ingest.format = *format;
  if (const auto sheet = Given(request, "sheet"); sheet && !sheet->empty()) ingest.sheet = *sheet;
  if (const auto header = Given(request, "header"); header && !header->empty() && *header != "auto") {
    if (*header != "yes" && *header != "no")
      return Error(ErrorCode::kInvalidArgument, "header is \"" + *header + "\"; yes, no or auto are known");
    ingest.header = *header == "yes";
  }
  if (const auto bucket = request.FindHeader("X-Lakehouse-Bucket"); bucket && !bucket->empty()) ingest.bucket = *bucket;
  if (const auto key = request.FindHeader("Idempotency-Key"); key && !key->empty()) ingest.idempotency_key = *key;
  ingest.name = Given(request, "name").value_or("");
  ingest.preview = LH_TRY(FlagIn(request, "preview"));
  LH_TRY(ReadChoices(request, ingest));
  ingest.nested = LH_TRY(NestedNamed(Given(request, "nested")));
  LH_TRY(TakeUpload(request, ingest));
  if (ingest.name.empty()) ingest.name = NameAfter(ingest.file_name);
  return ingest;
}

Error ErrorOf(const JobError& job_error) {
  ErrorCode code = ErrorCode::kInternal;
  for (unsigned n = 0; !WireName(static_cast<ErrorCode>(n)).empty(); ++n)
    if (WireName(static_cast<ErrorCode>(n)) == job_error.kind) code = static_cast<ErrorCode>(n);
  Error error = Error(code, job_error.message).Named(job_error.code);
  if (!job_error.details.empty()) error = std::move(error).WithDetails(job_error.details);
  for (const std::string& note : job_error.context) error = std::move(error).While(note);
  return error;
}

/// 202 for what is durable in the rescue bucket, and neither committed nor visible.
struct RescuedAnswer {
  std::string durability;
  Job job;
};
BOOST_DESCRIBE_STRUCT(RescuedAnswer, (), (durability, job))

struct RescueState {
  bool available = false;    ///< the lake has a rescue bucket
  std::int64_t pending = 0;  ///< will be tried by itself
  std::int64_t held = 0;     ///< waits for somebody's decision
  std::optional<double> oldest_seconds;
  std::optional<std::string> last_error;
  std::vector<RescuedUpload> uploads;
};
BOOST_DESCRIBE_STRUCT(RescueState, (), (available, pending, held, oldest_seconds, last_error, uploads))

RescueState ShowRescue(const ListRescuedResponse& waiting) {
  RescueState state{waiting.available, 0, 0, {}, {}, waiting.uploads};
  for (const RescuedUpload& upload : waiting.uploads) {
    ++(upload.held ? state.held : state.pending);
    const double age = static_cast<double>(SystemClock().WallMicros() - upload.accepted_micros) / 1e6;
    state.oldest_seconds = std::max(state.oldest_seconds.value_or(0), age);
    if (!upload.last_error.empty()) state.last_error = upload.last_error;
  }
  if (!waiting.error.empty()) state.last_error = waiting.error;
  return state;
}

HttpResponse AnswerEnded(const Context& context, const Job& job) {
  if (auto rescued = AnswerRescued(job)) return std::move(*rescued);
  if (job.error) return HttpResponse::FromError(ErrorOf(*job.error), context.trace);
  if (job.state == JobState::kPreviewed) return HttpResponse::Json(200, EncodeJson(JobResponse{job}));
  IngestAnswer answer{job.name,
                      job.dataset_id,
                      job.fingerprint,
                      job.rows_loaded,
                      job.existing,
                      {},
                      job.object_keys,
                      std::string(WireName(job.state)),
                      job.version,
                      job.sequence,
                      job.rows_read,
                      job.rows_rejected,
                      {},
                      job.notes,
                      {},
                      {},
                      job.id};
  if (!job.expectations.empty()) answer.expectations = job.expectations;
  if (!job.files.empty()) answer.files = job.files;
  if (!job.object_keys.empty()) answer.object_key = job.object_keys[0];
  if (!job.rejects_dataset.empty()) answer.rejects_dataset = job.rejects_dataset;
  return HttpResponse::Json(job.existing ? 200 : 201, EncodeJson(answer));
}

HttpResponse AnswerJob(const Context& context, const Result<JobResponse>& response, int status = 200) {
  if (!response) return HttpResponse::FromError(response.error(), context.trace);
  return HttpResponse::Json(status, EncodeJson(*response));
}

}  // namespace

std::optional<HttpResponse> AnswerRescued(const Job& job) {
  if (job.state != JobState::kRescued) return std::nullopt;
  HttpResponse rescued = HttpResponse::Json(202, EncodeJson(RescuedAnswer{"rescue", job}));
  rescued.headers.push_back({"Location", "ingest/jobs/" + job.id});
  return rescued;
}

net::Answer RescuedAnswerOf(std::string what) {
  return {202, std::move(what), SchemaOf<RescuedAnswer>(), {"application/json"}, {{"Location", "header", true, "of the job, from here"}}};
}

HttpResponse AnswerStarted(Ingest& ingest, const Context& context, const Result<StartResponse>& started, bool async) {
  if (!started) return HttpResponse::FromError(started.error(), context.trace);
  Job job = started->job;
  if (!async) {
    const auto waited = ingest.Wait(context, {job.id, kPatienceMs});
    if (!waited) return HttpResponse::FromError(waited.error(), context.trace);
    job = waited->job;
    if (job.state != JobState::kQueued && job.state != JobState::kRunning) return AnswerEnded(context, job);
  }
  if (const auto kept = ingest.Keep(context, {job.id}); !kept) return HttpResponse::FromError(kept.error(), context.trace);
  HttpResponse response = HttpResponse::Json(202, EncodeJson(StartResponse{job}));
  response.headers.push_back({"Location", "ingest/jobs/" + job.id});
  return response;
}

Result<std::optional<std::string>> BoundBucket(const CallersBucket& bucket_of, const Context& context, const HttpRequest& request) {
  if (!bucket_of) return std::optional<std::string>();
  const std::string own = LH_TRY(bucket_of(context));
  if (own.empty()) return std::optional<std::string>();
  const auto asked = request.FindHeader("X-Lakehouse-Bucket");
  if (!asked || asked->empty() || *asked == own) return std::optional(own);
  return Error(ErrorCode::kPermissionDenied, "the profile of this API key binds it to bucket \"" + own + "\"").Named("bucket_not_allowed");
}

namespace {

HttpResponse HandleUpload(Ingest& ingest, const CallersBucket& bucket_of, const Context& context, HttpRequest& request) {
  const auto bound = BoundBucket(bucket_of, context, request);
  if (!bound) return HttpResponse::FromError(bound.error(), context.trace);
  const auto at_once = FlagIn(request, "async");
  if (!at_once) return HttpResponse::FromError(at_once.error(), context.trace);
  auto upload = UploadOf(request);
  if (!upload) return HttpResponse::FromError(upload.error(), context.trace);
  if (*bound) upload->bucket = **bound;
  upload->keep = *at_once;
  const auto started = ingest.Start(context, *upload);
  // Not taken: nobody else will remove it. When it is unclear whether it was taken, it has to stay.
  if (!started && started.error().code() != ErrorCode::kOutcomeUnknown && started.error().code() != ErrorCode::kDeadlineExceeded)
    ::unlink(upload->path.c_str());
  return AnswerStarted(ingest, context, started, *at_once);
}

// The table.

Param Flag(std::string name, std::string in, std::string description) {
  return {std::move(name), std::move(in), false, std::move(description), net::ChoiceSchema({"0", "1"})};
}

}  // namespace

/// What may be wrong with a file, and with what is to become of it.
std::vector<net::Fault> LoadFaults() {
  return {
      {400,
       {"bad_columns", "bad_multipart", "invalid_name", "invalid_schema", "missing_file", "missing_key", "unexpected_key",
        "unexpected_schema", "unknown_mode", "unknown_format", "no_key_column", "unknown_column", "invalid_bucket", "bucket_protected"}},
      {404, {"dataset_not_found", "unknown_bucket", "not_found"}},
      {409, {"schema_conflict", "dataset_exists", "ingested_meanwhile", "base_moved", "overtaken", "conflict"}},
      {413, {"bad_multipart", "file_size_limit", "decompression_bomb"}},
      {422,
       {"bad_docx",
        "bad_encoding",
        "bad_gzip",
        "bad_zstd",
        "bad_json",
        "bad_mail",
        "bad_pdf",
        "bad_xlsx",
        "bad_xml",
        "bad_zip",
        "count_differs",
        "decompression_bomb",
        "duplicate_keys",
        "document_too_large",
        "empty_file",
        "encrypted_pdf",
        "encrypted_zip",
        "expectation_failed",
        "bad_expectation",
        "field_too_large",
        "files_gone",
        "name_too_long",
        "no_columns",
        "no_such_sheet",
        "not_a_document",
        "null_key",
        "pdf_reader_missing",
        "record_too_long",
        "too_deep",
        "too_many_columns",
        "too_many_files",
        "too_many_pages",
        "unknown_format",
        "unprocessable",
        "unreadable_file",
        "unreadable_parquet",
        "unsupported_codec",
        "unterminated_quote",
        "unsupported_type",
        "condemned",
        "idempotency_mismatch",
        "…"}},
      {429, {"resource_exhausted", "out_of_memory", "queue_share"}}};
}

namespace {

/// Either of two bodies.
JsonSchema AnyOf(JsonSchema one, const JsonSchema& other) {
  one.json = R"({"anyOf":[)" + one.json + "," + other.json + "]}";
  one.named.insert(other.named.begin(), other.named.end());
  return one;
}

}  // namespace

std::vector<net::Answer> LoadAnswers() {
  return {{201, "Committed, a new dataset", SchemaOf<IngestAnswer>()},
          {200, "Committed to a dataset that was there, or nothing to do as these bytes came before", SchemaOf<IngestAnswer>()},
          {202,
           "Not ended yet: ask for the job. A file is safe on the server's disk by then. With durability \"rescue\": the store did not "
           "take the file and the rescue bucket did, so it "
           "is committed later, under the same job",
           AnyOf(SchemaOf<StartResponse>(), SchemaOf<RescuedAnswer>()),
           {"application/json"},
           {{"Location", "header", true, "of the job, from here"}}}};
}

namespace {

Route UploadRoute(Ingest& ingest, CallersBucket bucket_of) {
  Route route = net::RouteOf("POST", "/ingest", "A file becomes rows of a dataset", "ingest", "ingest");
  route.body = net::BodyKind::kUpload;
  route.timeout_ms = 600'000;
  route.description =
      "CSV, TSV, JSON, NDJSON or Parquet, also packed with gzip or zstd; a sheet of an XLSX workbook. PDF, DOCX, HTML, Markdown, text and "
      "mail, or a ZIP of them, become rows of a dataset of documents (id, uri, version, page, text, offsets, headings, sha256); files says "
      "what became of each. Answers when the rows are committed: 201 for a new dataset, 200 "
      "for one that was there (also when these bytes came before: nothing changes then). After 30 s, or at once with async=1: 202 and a "
      "job, durable by then: it is loaded also when the server dies first. "
      "Rows that cannot be loaded are in the dataset <name>_rejects with line, column and reason. 409 when the columns are not the "
      "dataset's, with the differences. Each field of the form may come as a query parameter, too.";
  route.params = {
      {"name", "form", false, "the dataset; absent: after the file", R"({"type":"string"})", R"("visits")"},
      {"file", "form", true, "the file; or send it as the body", R"({"type":"string","format":"binary"})",
       R"("id,city\n1,Gary\n2,Joliet\n")"},
      {"mode", "form", false, "auto: create, else append", net::ChoiceSchema({"auto", "create", "append", "replace", "upsert"}),
       R"("auto")"},
      {"key", "form", false, "key column of upsert"},
      {"format", "form", false, "absent: found out",
       net::ChoiceSchema({"csv", "tsv", "json", "ndjson", "parquet", "xlsx", "pdf", "docx", "html", "markdown", "text", "mail", "zip"})},
      {"sheet", "form", false, "of an XLSX workbook; absent: the first that has rows"},
      {"header", "form", false, "whether the first line of CSV holds names", net::ChoiceSchema({"yes", "no", "auto"})},
      {"columns", "form", false,
       "JSON object: what becomes of the file's columns, {\"town\":\"city\",\"notes\":null} renames one and leaves one out; the order of "
       "columns does not matter then"},
      {"missing", "form", false, "null: columns of the dataset that the file has not are null", net::ChoiceSchema({"refuse", "null"})},
      {"misfits", "form", false, "reject (of CSV): where a column's type is another, rows that do not fit are rejected, however many",
       net::ChoiceSchema({"refuse", "reject"})},
      {"schema", "form", false, "replace (with mode replace): the file's columns become the dataset's",
       net::ChoiceSchema({"keep", "replace"})},
      {"nested", "form", false,
       "of JSON: flatten makes columns of the members of nested objects (address_city), keep makes STRUCTs of the objects and lists of "
       "STRUCTs of lists of them. Remembered by the dataset; absent: as it has it, flatten for a new one",
       net::ChoiceSchema({"flatten", "keep"})},
      Flag("preview", "form", "1: say which columns, rows and rejects there would be, and write nothing; answers with the job")};
  const std::size_t fields = route.params.size();
  for (std::size_t i = 0; i < fields; ++i) {
    if (route.params[i].name == "file") continue;
    Param in_query = route.params[i];
    in_query.in = "query";
    in_query.example.clear();
    route.params.push_back(std::move(in_query));
  }
  route.params.push_back(net::QueryText("file_name", "name of a file that is sent as the body"));
  route.params.push_back(Flag("async", "query", "1: answer 202 at once"));
  route.params.push_back({"X-Lakehouse-Bucket", "header", false,
                          "bucket for the files of this dataset, from now on; 404 with the known ones when there is none"});
  route.params.push_back({"Idempotency-Key", "header", false, "makes a retry safe"});
  route.answers = LoadAnswers();
  JsonSchema& done = route.answers[1].schema;  // a preview answers with its job
  done = AnyOf(std::move(done), SchemaOf<JobResponse>());
  route.response_example =
      R"({"name":"workers","dataset_id":"…","fingerprint":"…","row_count":100000,"existing":false,"object_keys":[],"state":"committed","version":1,"sequence":7,"rows_read":100002,"rows_rejected":2,"rejects_dataset":"workers_rejects","notes":[],"job_id":"…"})";
  route.faults = LoadFaults();
  route.faults.push_back({400, {"unknown_nested", "nested_parquet"}});
  route.faults.push_back({403, {"bucket_not_allowed"}});
  route.faults.push_back({409, {"nested_conflict"}});
  route.handle = [&ingest, bucket_of = std::move(bucket_of)](const Context& context, HttpRequest& request) {
    return HandleUpload(ingest, bucket_of, context, request);
  };
  return route;
}

Route JobRoute(std::string method, std::string pattern, std::string summary) {
  return net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "ingest", "ingest");
}

std::vector<Route> JobRoutes(Ingest& ingest) {
  Route list = JobRoute("GET", "/ingest/jobs", "The last ingest jobs, newest first");
  list.params = {kJobsLimit.Describe()};
  list.answers = {{200, "Newest first", SchemaOf<ListJobsResponse>()}};
  list.handle = [&ingest](const Context& context, HttpRequest& request) {
    const auto limit = kJobsLimit.Get(request);
    if (!limit) return HttpResponse::FromError(limit.error(), context.trace);
    const auto jobs = ingest.ListJobs(context, {*limit});
    return jobs ? HttpResponse::Json(200, EncodeJson(*jobs)) : HttpResponse::FromError(jobs.error(), context.trace);
  };
  Route one = JobRoute("GET", "/ingest/jobs/{id}", "One ingest job: stage, bytes, rows, time left, outcome");
  one.params = {net::PathText("id", "of the job"), kWaitMs.Describe()};
  one.answers = {{200, "The job", SchemaOf<JobResponse>()}};
  one.faults = {{404, {"not_found"}}};
  one.handle = [&ingest](const Context& context, HttpRequest& request) {
    const auto wait_ms = kWaitMs.Get(request);
    if (!wait_ms) return HttpResponse::FromError(wait_ms.error(), context.trace);
    return AnswerJob(context, ingest.Wait(context, {request.path_params.at("id"), *wait_ms}));
  };
  Route cancel = JobRoute("DELETE", "/ingest/jobs/{id}", "Asks an ingest job to stop");
  cancel.description = "What was committed stays committed. Ask for the job to see how it ended.";
  cancel.params = {net::PathText("id", "of the job")};
  cancel.answers = {{202, "It was asked to stop", SchemaOf<JobResponse>()}};
  cancel.faults = {{404, {"not_found"}}};
  cancel.handle = [&ingest](const Context& context, HttpRequest& request) {
    return AnswerJob(context, ingest.Cancel(context, {request.path_params.at("id")}), 202);
  };
  return {list, one, cancel};
}

std::vector<Route> RescueRoutes(Ingest& ingest) {
  Route list = JobRoute("GET", "/ingest/rescue", "Uploads that wait in the rescue bucket: durable, not committed, not visible");
  list.answers = {{200, "Oldest first", SchemaOf<RescueState>()}};
  list.handle = [&ingest](const Context& context, HttpRequest&) {
    const auto waiting = ingest.ListRescued(context, {});
    if (!waiting) return HttpResponse::FromError(waiting.error(), context.trace);
    return HttpResponse::Json(200, EncodeJson(ShowRescue(*waiting)));
  };
  const auto settle = [&ingest](std::string method, std::string pattern, RescuedAction action, std::string summary) {
    Route route = JobRoute(std::move(method), std::move(pattern), std::move(summary));
    route.params = {net::PathText("id", "of the upload's job")};
    route.answers = {{200, "As it was", SchemaOf<SettleRescuedResponse>()}};
    route.faults = {{404, {"not_found"}}};
    route.handle = [&ingest, action](const Context& context, HttpRequest& request) {
      const auto settled = ingest.SettleRescued(context, {request.path_params.at("id"), action});
      if (!settled) return HttpResponse::FromError(settled.error(), context.trace);
      return HttpResponse::Json(200, EncodeJson(*settled));
    };
    return route;
  };
  return {list,
          settle("POST", "/ingest/rescue/{id}/retry", RescuedAction::kRetry, "A rescued upload is tried again now, also one that is held"),
          settle("DELETE", "/ingest/rescue/{id}", RescuedAction::kDiscard, "A rescued upload is given up; its file is gone then")};
}

std::vector<Route> DatasetRoutes(Ingest& ingest) {
  Route remove = JobRoute("POST", "/datasets/{name}/delete-rows", "Rows go by key, in one commit");
  remove.body = net::BodyKind::kSmall;
  remove.timeout_ms = 600'000;
  remove.params = {net::PathText("name", "of the dataset", "workers"),
                   {"key", "body", true, "the column"},
                   {"values", "body", true, "as text; compared after casting to the column's type"}};
  remove.request_schema = SchemaOf<DeleteRowsBody>();
  remove.request_example = R"({"key":"worker_id","values":["17","42"]})";
  remove.answers = {{200, "The job, which has ended", SchemaOf<JobResponse>()},
                    RescuedAnswerOf("The store did not take it and the rescue bucket did: the rows go later, under the same job, but for "
                                    "those that come meanwhile")};
  remove.faults = LoadFaults();
  remove.faults.push_back({404, {"nothing_to_delete"}});
  remove.handle = [&ingest](const Context& context, HttpRequest& request) {
    auto body = DecodeJson<DeleteRowsBody>(request.body);
    if (!body) return HttpResponse::FromError(body.error(), context.trace);
    const auto deleted = ingest.DeleteRows(context, {request.path_params.at("name"), body->key, std::move(body->values), {}, {}});
    if (auto rescued = deleted ? AnswerRescued(deleted->job) : std::nullopt) return std::move(*rescued);
    return AnswerJob(context, deleted);
  };
  Route save = JobRoute("POST", "/datasets/{name}/save-query", "The result of a query becomes a dataset");
  save.body = net::BodyKind::kSmall;
  save.timeout_ms = 600'000;
  save.params = {net::PathText("name", "of the dataset", "by_city"),
                 Flag("async", "query", "1: answer 202 at once"),
                 {"mode", "body", false, "create when absent", R"({"enum":["auto","create","append","replace",null]})"}};
  save.request_schema = SchemaOf<SaveQueryBody>();
  save.request_example = R"({"sql":"SELECT city, count(*) AS n FROM workers GROUP BY city","mode":"create"})";
  save.answers = LoadAnswers();
  save.faults = LoadFaults();
  save.faults.push_back({400, {"parser", "binder", "catalog", "conversion", "not_select", "not_one_statement", "no_statement", "…"}});
  save.faults.push_back({403, {"not_allowed", "permission_denied"}});
  save.faults.push_back({404, {"snapshot_not_found", "snapshot_not_available"}});
  save.handle = [&ingest](const Context& context, HttpRequest& request) {
    const auto body = DecodeJson<SaveQueryBody>(request.body);
    if (!body) return HttpResponse::FromError(body.error(), context.trace);
    const auto mode = ModeOf(body->mode, Mode::kCreate);
    if (!mode) return HttpResponse::FromError(mode.error(), context.trace);
    const auto at_once = FlagIn(request, "async");
    if (!at_once) return HttpResponse::FromError(at_once.error(), context.trace);
    return AnswerStarted(ingest, context, ingest.SaveQuery(context, {request.path_params.at("name"), *mode, body->sql}), *at_once);
  };
  Route compact = JobRoute("POST", "/catalog/datasets/by-name/{name}/compact",
                           "Join small files of a dataset and leave out deleted rows; no row changes");
  compact.timeout_ms = 600'000;
  compact.tag = "catalog";
  compact.params = {net::PathText("name", "of the dataset", "workers"), Flag("async", "query", "1: answer 202 at once")};
  compact.answers = {{200, "The job, which has ended", SchemaOf<JobResponse>()},
                     {202, "The job, which has not ended after 30 s, or with async=1", SchemaOf<JobResponse>()}};
  compact.faults = LoadFaults();
  compact.faults.push_back({422, {"cannot_compact"}});
  compact.faults.push_back({409, {"compaction_overtaken"}});
  compact.handle = [&ingest](const Context& context, HttpRequest& request) {
    const auto at_once = FlagIn(request, "async");
    if (!at_once) return HttpResponse::FromError(at_once.error(), context.trace);
    const auto started = ingest.Compact(context, {request.path_params.at("name")});
    if (!started) return HttpResponse::FromError(started.error(), context.trace);
    const std::int64_t patience_ms = *at_once ? 0 : kPatienceMs;
    const auto waited = ingest.Wait(context, {started->job.id, patience_ms});
    const bool ended = waited && waited->job.state != JobState::kQueued && waited->job.state != JobState::kRunning;
    if (ended && waited->job.error) return AnswerEnded(context, waited->job);
    return AnswerJob(context, waited, ended ? 200 : 202);
  };
  return {remove, save, compact};
}

}  // namespace

std::vector<Route> IngestRoutes(Ingest& ingest, CallersBucket bucket_of) {
  std::vector<Route> routes = {UploadRoute(ingest, bucket_of), DatabaseRoute(ingest, std::move(bucket_of))};
  for (Route& route : JobRoutes(ingest)) routes.push_back(std::move(route));
  for (Route& route : RescueRoutes(ingest)) routes.push_back(std::move(route));
  for (Route& route : DatasetRoutes(ingest)) routes.push_back(std::move(route));
  for (Route& route : RulesRoutes(ingest)) routes.push_back(std::move(route));
  for (Route& route : ScheduleRoutes(ingest)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::ingest
