#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lakehouse/base/context.h"
#include "lakehouse/net/byte_source.h"

namespace lakehouse::net {

/// The untyped server side of one interface: JSON in, JSON or a stream out. Made from a method table by Serve() in methods.h.
/// Refers to the implementation it serves, which must outlive it. As thread-safe as that implementation.
class Service {
 public:
  /// One of the two functions is set.
  struct Handler {
    std::string_view method;
    Result<std::string> (*handle)(void* target, const Context& context, std::string_view body) = nullptr;
    Result<std::unique_ptr<ByteSource>> (*open)(void* target, const Context& context, std::string_view body) = nullptr;
  };

  Service(std::string_view name, void* target, std::span<const Handler> handlers) : name_(name), target_(target), handlers_(handlers) {}

  std::string_view name() const { return name_; }
  std::span<const Handler> handlers() const { return handlers_; }
  /// Null when the table has no such method.
  const Handler* Find(std::string_view method) const;
  /// kUnimplemented for a method that is not in the table, or has the other shape.
  Result<std::string> Handle(const Context& context, std::string_view method, std::string_view body) const;
  Result<std::unique_ptr<ByteSource>> Open(const Context& context, std::string_view method, std::string_view body) const;

 private:
  std::string_view name_;
  void* target_;
  std::span<const Handler> handlers_;
};

}  // namespace lakehouse::net
