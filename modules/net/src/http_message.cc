#include "lakehouse/net/http_message.h"

#include "lakehouse/net/byte_source.h"
#include "lakehouse/net/http_status.h"
#include "uri.h"

namespace lakehouse::net {

std::optional<std::string> FindHeader(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers)
    if (EqualsIgnoringCase(header.name, name)) return header.value;
  return std::nullopt;
}

std::optional<std::string> HttpRequest::FindHeader(std::string_view name) const { return net::FindHeader(headers, name); }

std::optional<std::string> HttpRequest::FindQuery(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

const UploadPart* HttpRequest::FindPart(std::string_view name) const {
  for (const UploadPart& part : parts)
    if (part.name == name) return &part;
  return nullptr;
}

HttpResponse HttpResponse::Json(int status, std::string json) { return Text(status, std::move(json), "application/json"); }

HttpResponse HttpResponse::Text(int status, std::string text, std::string content_type) {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(text);
  return response;
}

HttpResponse HttpResponse::FromError(const Error& error, std::string_view request_id) {
  HttpResponse response = Json(HttpStatusOf(error.code()), ErrorBody(error, request_id));
  if (response.status == 429 || response.status == 503) response.headers.push_back({"Retry-After", "1"});
  if (response.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"lakehouse\""});
  return response;
}

namespace {

class ByteSourceBody final : public BodySource {
 public:
  ByteSourceBody(std::unique_ptr<ByteSource> source, Context context) : source_(std::move(source)), context_(std::move(context)) {}
  Result<bool> Next(std::string& chunk) override {
    std::optional<std::string> next = LH_TRY(source_->Next(context_));
    if (!next) return false;
    chunk = std::move(*next);
    return true;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  Context context_;
};

}  // namespace

std::unique_ptr<BodySource> BodyOf(std::unique_ptr<ByteSource> source, Context context) {
  return std::make_unique<ByteSourceBody>(std::move(source), std::move(context));
}

}  // namespace lakehouse::net
