#include "lakehouse/chat/http_chat.h"

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/net/http_client.h"

namespace lakehouse::chat {
namespace {

Error Failed(ErrorCode code, const char* reason, const std::string& who, const std::string& what) {
  return Error(code, "the model " + who + " " + what).Named(reason);
}

/// Whose fault it is, as callers of this room know it.
Error Mapped(const Error& error, const Context& context, const std::string& who) {
  if (error.code() == ErrorCode::kCancelled) return error;
  if (error.code() == ErrorCode::kDeadlineExceeded) {
    if (const Status still = context.Check(); !still) return still.error();
    return Failed(ErrorCode::kDeadlineExceeded, "provider_slow", who, "took longer than it may");
  }
  if (error.code() == ErrorCode::kTooLarge) return Failed(ErrorCode::kTooLarge, "reply_too_large", who, "sends more than it may");
  return Failed(ErrorCode::kUnavailable, "provider_unavailable", who, "does not answer: " + error.message());
}

Error OfStatus(int status, const std::string& who) {
  const std::string said = "answers with status " + std::to_string(status);
  if (status == 401 || status == 403) return Failed(ErrorCode::kPermissionDenied, "provider_refused", who, said + ": look at its key");
  if (status == 429) return Failed(ErrorCode::kResourceExhausted, "provider_busy", who, said + ": its quota is used up; try again later");
  if (status == 404) return Failed(ErrorCode::kNotFound, "no_such_model", who, said + ": look at chat.url and chat.model");
  return Failed(ErrorCode::kUnavailable, "provider_unavailable", who, said);
}

/// One line of a reply.
struct Piece {
  std::string text;
  bool is_last = false;
};
Result<Piece> PieceOf(ChatDialect dialect, std::string_view line, const std::string& who) {
  Piece piece;
  if (dialect == ChatDialect::kOpenAi) {
    if (!line.starts_with("data:")) return piece;  // comments, names of events
    line.remove_prefix(5);
    if (line.starts_with(" ")) line.remove_prefix(1);
    if (line == "[DONE]") {
      piece.is_last = true;
      return piece;
    }
  }
  const auto document = JsonDocument::Parse(line);
  if (!document || !document->root().is_object())
    return Failed(ErrorCode::kCorruption, "provider_garbled", who, "sends what is no JSON object");
  const JsonView root = document->root();
  if (const auto error = root.Find("error"); error && !error->is_null())
    return Failed(ErrorCode::kUnavailable, "provider_unavailable", who, "fails: " + error->ToJson().substr(0, 300));
  if (dialect == ChatDialect::kOllama) {
    piece.is_last = root.Find("done").value_or(JsonView()).AsBool().value_or(false);
    piece.text = root.Find("message").value_or(JsonView()).Find("content").value_or(JsonView()).AsString().value_or("");
    return piece;
  }
  const auto choices = root.Find("choices");
  if (choices)
    LH_TRY(choices->ForEachElement([&](JsonView choice) -> Status {
      piece.text += choice.Find("delta").value_or(JsonView()).Find("content").value_or(JsonView()).AsString().value_or("");
      return Ok{};
    }));
  return piece;
}

class HttpChatStream final : public ChatStream {
 public:
  HttpChatStream(const HttpChatOptions& options, std::string who, Deadline deadline, std::unique_ptr<net::ByteSource> body)
      : options_(options), who_(std::move(who)), deadline_(deadline), body_(std::move(body)) {}

  Result<std::optional<std::string>> Next(const Context& context) override {
    while (!is_over_) {
      if (const std::size_t end = rest_.find('\n'); end != std::string::npos) {
        std::string line = rest_.substr(0, end);
        rest_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) continue;
        Piece piece = LH_TRY(PieceOf(options_.dialect, line, who_));
        is_over_ = piece.is_last;
        text_bytes_ += piece.text.size();
        if (text_bytes_ > options_.max_text_bytes) return Failed(ErrorCode::kTooLarge, "reply_too_large", who_, "says more than it may");
        if (!piece.text.empty()) return std::optional(std::move(piece.text));
        continue;
      }
      LH_TRY(Read(context));
    }
    return std::optional<std::string>();
  }

 private:
  Status Read(const Context& context) {
    Context bounded = context;
    bounded.deadline = context.deadline.Or(deadline_);
    auto octets = body_->Next(bounded);
    if (!octets) return Mapped(octets.error(), context, who_);
    if (!*octets) return Failed(ErrorCode::kUnavailable, "provider_unavailable", who_, "broke off");
    wire_bytes_ += (*octets)->size();
    if (wire_bytes_ > options_.max_wire_bytes) return Failed(ErrorCode::kTooLarge, "reply_too_large", who_, "sends more than it may");
    rest_ += **octets;
    return Ok{};
  }

  const HttpChatOptions& options_;  ///< of the provider, which outlives its streams
  const std::string who_;
  const Deadline deadline_;
  const std::unique_ptr<net::ByteSource> body_;
  std::string rest_;
  std::uint64_t wire_bytes_ = 0, text_bytes_ = 0;
  bool is_over_ = false;
};

class HttpChat final : public ChatProvider {
 public:
  explicit HttpChat(HttpChatOptions options) : options_(std::move(options)) {}

  std::string name() const override { return (options_.dialect == ChatDialect::kOllama ? "ollama/" : "openai/") + options_.model; }

  Result<std::unique_ptr<ChatStream>> Open(const Context& context, const ChatRequest& request) override {
    LH_TRY(context.Check());
    const Deadline deadline = Deadline::After(options_.timeout_ms);
    Context bounded = context;
    bounded.deadline = context.deadline.Or(deadline);
    net::HttpClient::Request http;
    http.method = "POST";
    http.url = options_.url + (options_.dialect == ChatDialect::kOllama ? "/api/chat" : "/chat/completions");
    http.headers = {{"Content-Type", "application/json"}};
    if (!options_.key.empty()) http.headers.push_back({"Authorization", "Bearer " + options_.key.Reveal()});
    http.body = BodyOf(request);
    http.max_response_bytes = options_.max_wire_bytes;
    auto opened = client_.Open(bounded, http);
    if (!opened) return Mapped(opened.error(), context, name());
    if (opened->status != 200) return OfStatus(opened->status, name());
    return std::unique_ptr<ChatStream>(std::make_unique<HttpChatStream>(options_, name(), deadline, std::move(opened->body)));
  }

 private:
  std::string BodyOf(const ChatRequest& request) const {
    JsonWriter json;
    json.Open('{');
    json.Key("model");
    json.String(options_.model);
    json.Key("messages");
    json.Open('[');
    for (const ChatMessage& message : request.messages) {
      json.Open('{');
      json.Key("role");
      json.String(message.role);
      json.Key("content");
      json.String(message.content);
      json.Close('}');
    }
    json.Close(']');
    json.Key("stream");
    json.Bool(true);
    if (options_.dialect == ChatDialect::kOllama) {
      json.Key("options");
      json.Raw("{\"temperature\":0,\"num_predict\":" + std::to_string(request.max_tokens) + "}");
    } else {
      json.Key("temperature");
      json.Integer(0);
      json.Key("max_tokens");
      json.Integer(request.max_tokens);
    }
    json.Close('}');
    return std::move(json).Take();
  }

  const HttpChatOptions options_;
  net::HttpClient client_;
};

}  // namespace

Result<std::unique_ptr<ChatProvider>> MakeHttpChat(HttpChatOptions options) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
    return Error(ErrorCode::kInvalidArgument, "the model's URL is \"" + options.url + "\"; expected http://… or https://…")
        .Named("bad_url");
  if (options.model.empty()) return Error(ErrorCode::kInvalidArgument, "no model is named; set chat.model").Named("no_model");
  return std::unique_ptr<ChatProvider>(std::make_unique<HttpChat>(std::move(options)));
}

}  // namespace lakehouse::chat
