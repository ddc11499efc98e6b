#pragma once
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base_testing/matchers.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/embed/provider.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/net/request_log.h"

namespace lakehouse::embed {

/// A server that speaks all three dialects of embedding providers on a free port of loopback, and fails as it is told. Its vectors have 64
/// dimensions; texts that share pieces of words are near. Thread-safe.
class FakeProvider {
 public:
  static constexpr std::uint32_t kDimension = 64;
  enum class Mood {
    kWorks,
    kUnavailable,           ///< 503
    kHangs,                 ///< no answer until the mood is another
    kDenied,                ///< 401
    kBusy,                  ///< 429 with Retry-After: 7
    kModelMissing,          ///< 404
    kBroken,                ///< 500 for whatever it is asked
    kRefusesPoison,         ///< 400 for a batch with a text that has "poison" in it
    kPoisonHasNoDirection,  ///< a null among the numbers of such a text
    kNotANumber,            ///< NaN in the vector, as Python writes it: no JSON
    kOtherDimension,        ///< 5 numbers
    kOneTooFew,             ///< vectors than texts
    kHuge,                  ///< 100 MB
    kEndless,               ///< spaces for ever
    kNoJson,
    kRedirects,  ///< 302 to itself
  };

  FakeProvider() {
    for (const char* path : {"/api/embed", "/v1/embeddings", "/embed"}) {
      net::Route route;
      route.method = "POST";
      route.pattern = path;
      route.body = net::BodyKind::kSmall;
      route.timeout_ms = 600'000;
      route.handle = [this, dialect = std::string(path)](const Context&, net::HttpRequest& request) { return Answer(dialect, request); };
      routes_.Add(std::move(route));
    }
    net::HttpServer::Options options;
    options.worker_threads = 4;
    server_ = Must(net::HttpServer::Start(options, routes_, log_, metrics_, requests_));
  }
  ~FakeProvider() { Stop(); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void Set(Mood mood) {
    const std::scoped_lock lock(mutex_);
    mood_ = mood;
    changed_.notify_all();
  }
  /// Nobody listens on its port any more, nor ever will: who looks for a free one, a client's own end too, gets another.
  void Stop() {
    if (taken_) return;
    Set(Mood::kWorks);
    server_->Stop(0);
    taken_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    setsockopt(taken_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(taken_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  int calls() const { return calls_; }
  /// Of the last call.
  std::string authorization() const {
    const std::scoped_lock lock(mutex_);
    return authorization_;
  }
  /// All texts it was ever asked for, in order.
  std::vector<std::string> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

  ProviderOptions OptionsOf(ProviderKind kind) const {
    ProviderOptions options;
    options.kind = kind;
    options.url = url() + (kind == ProviderKind::kOpenAi ? "/v1/" : "");
    options.model = "fake-model";
    options.timeout_ms = 60'000;
    return options;
  }

 private:
  class Spaces final : public net::BodySource {
   public:
    explicit Spaces(std::uint64_t octets) : left_(octets) {}
    Result<bool> Next(std::string& chunk) override {
      if (left_ == 0) return false;
      chunk.assign(static_cast<std::size_t>(std::min<std::uint64_t>(left_, 256 << 10)), ' ');
      left_ -= chunk.size();
      return true;
    }

   private:
    std::uint64_t left_;
  };

  static bool IsPoison(const std::string& text) { return text.find("poison") != std::string::npos; }

  net::HttpResponse Answer(const std::string& dialect, net::HttpRequest& request) {
    ++calls_;
    const auto document = Must(JsonDocument::Parse(request.body));
    std::vector<std::string> texts;
    bool has_poison = false;
    Must(document.root().Find(dialect == "/embed" ? "texts" : "input")->ForEachElement([&](JsonView one) -> Status {
      texts.emplace_back(*one.AsString());
      has_poison = has_poison || IsPoison(texts.back());
      return Ok{};
    }));
    Mood mood{};
    {
      std::unique_lock lock(mutex_);
      authorization_ = net::FindHeader(request.headers, "Authorization").value_or("");
      asked_.insert(asked_.end(), texts.begin(), texts.end());
      if (mood_ == Mood::kHangs) changed_.wait(lock, [this] { return mood_ != Mood::kHangs; });
      mood = mood_;
    }
    const auto refusal = [](int status) { return net::HttpResponse::Json(status, R"({"error":{"message":"the fake says no"}})"); };
    net::HttpResponse response;
    response.status = 200;
    switch (mood) {
      case Mood::kUnavailable: return refusal(503);
      case Mood::kDenied: return net::HttpResponse::Json(401, R"({"error":{"message":"wrong key: )" + authorization() + R"("}})");
      case Mood::kModelMissing: return refusal(404);
      case Mood::kBroken: return net::HttpResponse::Json(500, R"({"error":{"message":"echo )" + authorization() + R"("}})");
      case Mood::kNoJson: return net::HttpResponse::Text(200, "<html>it works</html>", "text/html");
      case Mood::kBusy:
        response = refusal(429);
        std::erase_if(response.headers, [](const auto& header) { return header.name == "Retry-After"; });
        response.headers.push_back({"Retry-After", "7"});
        return response;
      case Mood::kRedirects:
        response.status = 302;
        response.headers.push_back({"Location", url() + dialect});
        return response;
      case Mood::kHuge: response.stream = std::make_unique<Spaces>(100'000'000); return response;
      case Mood::kEndless: response.stream = std::make_unique<Spaces>(UINT64_MAX); return response;
      case Mood::kRefusesPoison:
        if (has_poison) return refusal(400);
        break;
      case Mood::kOneTooFew: texts.pop_back(); break;
      default: break;
    }
    return net::HttpResponse::Json(200, Body(dialect, texts, mood));
  }

  std::string Body(const std::string& dialect, const std::vector<std::string>& texts, Mood mood) {
    JsonWriter writer;
    writer.Open('{');
    writer.Key("model");
    writer.String("another name");
    writer.Key(dialect == "/embed" ? "vectors" : dialect == "/api/embed" ? "embeddings" : "data");
    writer.Open('[');
    // OpenAI's elements are numbered: they come backwards here.
    const bool is_numbered = dialect == "/v1/embeddings";
    for (std::size_t n = 0; n < texts.size(); ++n) {
      const std::size_t i = is_numbered ? texts.size() - 1 - n : n;
      if (is_numbered) {
        writer.Open('{');
        writer.Key("index");
        writer.Unsigned(i);
        writer.Key("embedding");
      }
      Write(writer, texts[i], mood);
      if (is_numbered) writer.Close('}');
    }
    writer.Close(']');
    writer.Close('}');
    return std::move(writer).Take();
  }

  void Write(JsonWriter& writer, const std::string& text, Mood mood) {
    const std::vector<std::string> one{text};
    const auto pieces = std::move(Must(pieces_->Embed({}, one))[0]);
    std::vector<float> folded(mood == Mood::kOtherDimension ? 5 : kDimension, 0);
    for (std::size_t i = 0; pieces && i < pieces->size(); ++i) folded[i % folded.size()] += 20 * (*pieces)[i];  // not of unit length
    if (!pieces) folded[0] = 1;
    writer.Open('[');
    for (std::size_t i = 0; i < folded.size(); ++i) {
      if (i == 3 && mood == Mood::kNotANumber) {
        writer.Raw("NaN");
      } else if (i == 3 && mood == Mood::kPoisonHasNoDirection && IsPoison(text)) {
        writer.Null();
      } else {
        writer.Number(folded[i]);
      }
    }
    writer.Close(']');
  }

  std::unique_ptr<LearnedEmbedder> pieces_ = MakeChargram();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Mood mood_ = Mood::kWorks;
  std::string authorization_;
  std::vector<std::string> asked_;
  std::atomic<int> calls_{0};
  Log log_{"fake", LogLevel::kError, [](std::string_view) {}};
  Metrics metrics_;
  net::RequestLog requests_;
  net::RouteTable routes_;
  std::unique_ptr<net::HttpServer> server_;
  UniqueFd taken_;  ///< has the port of the server that has stopped
};

}  // namespace lakehouse::embed
