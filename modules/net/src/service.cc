#include "lakehouse/net/service.h"

namespace lakehouse::net {
namespace {

Error NoSuchMethod(std::string_view service, std::string_view method) {
  return Error(ErrorCode::kUnimplemented, "service " + std::string(service) + " has no method " + std::string(method) +
                                              " of this shape; are both sides the same version?");
}

}  // namespace

const Service::Handler* Service::Find(std::string_view method) const {
  for (const Handler& handler : handlers_)
    if (handler.method == method) return &handler;
  return nullptr;
}

Result<std::string> Service::Handle(const Context& context, std::string_view method, std::string_view body) const {
  const Handler* handler = Find(method);
  if (handler == nullptr || handler->handle == nullptr) return NoSuchMethod(name_, method);
  return handler->handle(target_, context, body);
}

Result<std::unique_ptr<ByteSource>> Service::Open(const Context& context, std::string_view method, std::string_view body) const {
  const Handler* handler = Find(method);
  if (handler == nullptr || handler->open == nullptr) return NoSuchMethod(name_, method);
  return handler->open(target_, context, body);
}

}  // namespace lakehouse::net
