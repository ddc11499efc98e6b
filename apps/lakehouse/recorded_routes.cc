#include "recorded_routes.h"

#include "lakehouse/base/json_view.h"

namespace lakehouse::app {
namespace {

struct Place {
  storage::ErrorSink& errors;
  std::string service;
  std::string object;  ///< "POST /sql"
  Context context;
};

/// The error that an answer tells, as far as it is in our form.
Error ErrorOf(const net::HttpResponse& response) {
  const auto document = JsonDocument::Parse(response.body);
  const auto error = document ? document->root().Find("error") : std::nullopt;
  const auto text = [&](std::string_view key) {
    return error ? std::string(error->Find(key).value_or(JsonView()).AsString().value_or("")) : "";
  };
  const std::string message = text("message");
  return Error(ErrorCode::kUnprocessable, message.empty() ? "status " + std::to_string(response.status) : message)
      .Named(text("code").empty() ? "http_" + std::to_string(response.status) : text("code"));
}

/// Passes a stream on and records the error that ends it.
class RecordedStream final : public net::BodySource {
 public:
  RecordedStream(std::unique_ptr<net::BodySource> source, Place place) : source_(std::move(source)), place_(std::move(place)) {}
  Result<bool> Next(std::string& chunk) override {
    auto more = source_->Next(chunk);
    if (!more) place_.errors.Record(place_.context, place_.service, place_.object, more.error());
    return more;
  }
  std::vector<net::HttpHeader> Trailers() const override { return source_->Trailers(); }

 private:
  std::unique_ptr<net::BodySource> source_;
  Place place_;
};

}  // namespace

std::vector<net::Route> RecordFailures(std::vector<net::Route> routes, storage::ErrorSink& errors) {
  for (net::Route& route : routes) {
    route.handle = [handle = std::move(route.handle), &errors, service = route.service, object = route.method + " " + route.pattern](
                       const Context& context, net::HttpRequest& request) {
      net::HttpResponse response = handle(context, request);
      if (response.status >= 400) errors.Record(context, service, object, ErrorOf(response));
      if (response.stream)
        response.stream = std::make_unique<RecordedStream>(std::move(response.stream), Place{errors, service, object, context});
      return response;
    };
  }
  return routes;
}

std::function<void(const Context&, const net::Route&, const net::HttpResponse&)> RefusalRecorder(storage::ErrorSink& errors) {
  return [&errors](const Context& context, const net::Route& route, const net::HttpResponse& response) {
    errors.Record(context, route.service, route.method + " " + route.pattern, ErrorOf(response));
  };
}

}  // namespace lakehouse::app
