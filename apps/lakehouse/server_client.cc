#include "server_client.h"

#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/uuid.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr std::uint64_t kMostResultBytes = 1ull << 30;

std::string_view AcceptOf(const std::string& format) {
  if (format == "csv") return "text/csv";
  if (format == "ndjson") return "application/x-ndjson";
  if (format == "arrow") return "application/vnd.apache.arrow.stream";
  if (format == "parquet") return "application/vnd.apache.parquet";
  return "application/json";
}

ErrorCode CodeOf(int status) {
  switch (status) {
    case 401: return ErrorCode::kUnauthenticated;
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 503: return ErrorCode::kUnavailable;
    case 504: return ErrorCode::kDeadlineExceeded;
    default: return status >= 500 ? ErrorCode::kInternal : ErrorCode::kInvalidArgument;
  }
}

/// The message ends with what one names to an operator.
Error ErrorOf(int status, const std::string& body) {
  const auto document = JsonDocument::Parse(body);
  const auto error = document ? document->root().Find("error") : std::nullopt;
  if (!error)
    return Error(CodeOf(status),
                 "the server answered with status " + std::to_string(status) + " and no error body: is it a Lakehouse? Look at --server");
  std::string message = TextOf(*error, "message");
  const std::string code = TextOf(*error, "code"), request_id = TextOf(*error, "request_id");
  if (status == 401) message += "\n  Name the file that holds the token with --token-file or LAKEHOUSE_TOKEN_FILE";
  message += "\n  [" + code + (request_id.empty() ? "" : ", request " + request_id) + "]";
  Error made = Error(CodeOf(status), std::move(message)).Named(code);
  if (const auto details = error->Find("details"); details && !details->is_null()) return std::move(made).WithDetails(details->ToJson());
  return made;
}

}  // namespace

ServerClient::ServerClient(const ServerAddress& server) : server_(server), trace_(NewUuid().ToString()) {}

Context ServerClient::ContextFor(std::int64_t timeout_ms, const std::stop_token& cancel) const {
  return {.principal = "", .trace = trace_, .deadline = Deadline::After(timeout_ms), .cancel = cancel};
}

net::HttpClient::Request ServerClient::Request(std::string method, const std::string& path) const {
  net::HttpClient::Request request;
  request.method = std::move(method);
  request.url = server_.url + path;
  if (!server_.token.empty()) request.headers.push_back({"Authorization", "Bearer " + server_.token.Reveal()});
  return request;
}

Result<net::HttpClient::Response> ServerClient::Send(const net::HttpClient::Request& request, const std::stop_token& cancel) {
  return Checked(http_.Send(ContextFor(kDayMs, cancel), request));
}

Result<net::HttpClient::Response> ServerClient::SendWithin(const net::HttpClient::Request& request, std::int64_t timeout_ms) {
  return Checked(http_.Send(ContextFor(timeout_ms, {}), request));
}

Status ServerClient::SendTo(const net::HttpClient::Request& request, const std::function<Status(std::string_view)>& take,
                            const std::stop_token& cancel) {
  const Context context = ContextFor(kDayMs, cancel);
  auto opened = http_.Open(context, request);
  if (!opened) return Unreachable(std::move(opened).TakeError());
  auto response = std::move(opened).Take();
  std::string refused;
  for (;;) {
    const auto chunk = LH_TRY(response.body->Next(context));
    if (!chunk) break;
    if (response.status >= 300)
      refused += *chunk;
    else
      LH_TRY(take(*chunk));
  }
  if (response.status >= 300) return ErrorOf(response.status, refused);
  return Ok{};
}

net::HttpClient::Request ServerClient::SqlRequest(const std::string& statement, const std::string& format, std::int64_t max_rows) const {
  auto request = Request("POST", "/v1/sql");
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Accept", std::string(AcceptOf(format))});
  JsonWriter body;
  body.Open('{');
  body.Key("sql");
  body.String(statement);
  if (max_rows >= 0) {
    body.Key("max_rows");
    body.Integer(max_rows);
  }
  body.Close('}');
  request.body = std::move(body).Take();
  request.max_response_bytes = kMostResultBytes;
  return request;
}

Status ServerClient::EachDataset(const std::function<Status(JsonView dataset)>& visit, std::int64_t timeout_ms) {
  std::string after;
  for (bool more = true; more;) {
    const auto response = LH_TRY(SendWithin(Request("GET", "/v1/catalog/datasets?limit=1000&after=" + PercentEncoded(after)), timeout_ms));
    const auto document = LH_TRY(JsonDocument::Parse(response.body));
    const JsonView datasets = document.root().Find("datasets").value_or(JsonView());
    LH_TRY(datasets.ForEachElement([&](JsonView dataset) -> Status {
      after = TextOf(dataset, "name");
      return visit(dataset);
    }));
    more = datasets.size() > 0 && document.root().Find("more").value_or(JsonView()).AsBool().value_or(false);
  }
  return Ok{};
}

Error ServerClient::Unreachable(Error error) const {
  if (error.code() != ErrorCode::kUnavailable) return error;
  return Error(ErrorCode::kUnavailable,
               "no server answers at " + server_.url +
                   "; is it running? Start it with: lakehouse up\nOne that listens elsewhere is named with --server URL")
      .Named(kNoServerReason)
      .While(error.message());
}

Result<net::HttpClient::Response> ServerClient::Checked(Result<net::HttpClient::Response> outcome) const {
  if (!outcome) return Unreachable(std::move(outcome).TakeError());
  if (outcome->status >= 300) return ErrorOf(outcome->status, outcome->body);
  return outcome;
}

std::string TextOf(JsonView object, std::string_view key) {
  const auto value = object.Find(key);
  if (!value) return "";
  if (const auto text = value->AsString()) return std::string(*text);
  return value->is_null() ? "" : value->ToJson();
}

std::string PercentEncoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')
      out += c;
    else
      out += {'%', kHex[octet >> 4], kHex[octet & 15]};
  }
  return out;
}

}  // namespace lakehouse::app
