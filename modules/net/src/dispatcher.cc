#include "lakehouse/net/dispatcher.h"

#include "lakehouse/net/stream_frame.h"

namespace lakehouse::net {
Dispatcher::Dispatcher(std::vector<Service> services, Secret internal_key)
    : Dispatcher(std::move(services), std::move(internal_key), Options()) {}

Dispatcher::Dispatcher(std::vector<Service> services, Secret internal_key, Options options, const Clock& clock, Random& random)
    : services_(std::move(services)), key_(std::move(internal_key)), replay_(options.replay, clock, random) {}

Result<const Service*> Dispatcher::FindService(std::string_view name) const {
  for (const Service& service : services_)
    if (service.name() == name) return &service;
  return Error(ErrorCode::kUnimplemented, "this daemon does not serve " + std::string(name));
}

bool Dispatcher::IsStream(std::string_view service, std::string_view method) const {
  const auto found = FindService(service);
  if (!found) return false;
  const Service::Handler* handler = (*found)->Find(method);
  return handler != nullptr && handler->open != nullptr;
}

Reply Dispatcher::Handle(const Frame& frame, std::stop_token cancel) {
  auto call = OpenCall(key_, frame);
  if (!call) return SealReply(key_, "", std::move(call).TakeError());
  call->context.cancel = std::move(cancel);
  const auto run = [&]() -> Result<std::string> {
    LH_TRY(replay_.Admit(call->window, call->nonce));
    LH_TRY(call->context.Check());
    const Service* service = LH_TRY(FindService(call->service));
    return service->Handle(call->context, call->method, frame.body);
  };
  return SealReply(key_, call->nonce, run());
}

Dispatcher::Opened Dispatcher::Open(const Frame& frame, std::stop_token cancel) {
  Opened opened;
  auto call = OpenCall(key_, frame);
  if (!call) {
    opened.refused = SealReply(key_, "", std::move(call).TakeError());
    return opened;
  }
  call->context.cancel = std::move(cancel);
  const auto open = [&]() -> Result<std::unique_ptr<ByteSource>> {
    LH_TRY(replay_.Admit(call->window, call->nonce));
    LH_TRY(call->context.Check());
    const Service* service = LH_TRY(FindService(call->service));
    return service->Open(call->context, call->method, frame.body);
  };
  auto source = open();
  if (!source) {
    opened.refused = SealReply(key_, call->nonce, std::move(source).TakeError());
    return opened;
  }
  opened.frames = FrameStream(std::move(source).Take(), key_, call->nonce);
  opened.context = std::move(call->context);
  return opened;
}

}  // namespace lakehouse::net
