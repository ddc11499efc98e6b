#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/chat/chat_provider.h"

namespace lakehouse::chat {

/// Says what a test tells it to, a few octets at a time, and keeps what it was asked.
class ScriptedChat final : public ChatProvider {
 public:
  using Script = std::function<Result<std::string>(const ChatRequest&)>;
  explicit ScriptedChat(Script script, std::size_t piece = 3) : script_(std::move(script)), piece_(piece) {}
  explicit ScriptedChat(std::string reply)
      : ScriptedChat([reply = std::move(reply)](const ChatRequest&) { return Result<std::string>(reply); }) {}

  std::string name() const override { return "fake/scripted"; }
  Result<std::unique_ptr<ChatStream>> Open(const Context&, const ChatRequest& request) override {
    asked.push_back(request);
    return std::unique_ptr<ChatStream>(std::make_unique<Reply>(LH_TRY(script_(request)), piece_, breaks_after));
  }

  std::vector<ChatRequest> asked;
  std::size_t breaks_after = std::string::npos;  ///< octets, after which the reply breaks off

 private:
  class Reply final : public ChatStream {
   public:
    Reply(std::string text, std::size_t piece, std::size_t breaks_after)
        : text_(std::move(text)), piece_(piece), breaks_after_(breaks_after) {}
    Result<std::optional<std::string>> Next(const Context&) override {
      if (at_ >= breaks_after_) return Error(ErrorCode::kUnavailable, "the model fake/scripted broke off").Named("provider_unavailable");
      if (at_ >= text_.size()) return std::optional<std::string>();
      const std::size_t from = std::exchange(at_, at_ + piece_);
      return std::optional(text_.substr(from, piece_));
    }

   private:
    const std::string text_;
    const std::size_t piece_, breaks_after_;
    std::size_t at_ = 0;
  };
  Script script_;
  const std::size_t piece_;
};

}  // namespace lakehouse::chat
