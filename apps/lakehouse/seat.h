#pragma once
#include <memory>
#include <string>

#include "lakehouse/base/secret.h"
#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/net/http_transport.h"
#include "lakehouse/net/loopback_transport.h"

namespace lakehouse::app {

/// One service as the others of this process see it: the implementation here, the same behind an encoder and decoder, or a
/// daemon behind a URL. Its users hold `Interface&` and cannot tell.
template <typename Interface>
class Seat {
 public:
  using Connect = std::unique_ptr<Interface> (*)(net::Transport& way);

  void SetLocal(Interface& implementation) { seen_ = &implementation; }

  /// Every call goes through the wire format and back, as if the service were in another process.
  void SetEncoded(net::Service service, const Secret& internal_key, Connect connect) {
    std::vector<net::Service> services;
    services.push_back(std::move(service));
    dispatcher_ = std::make_unique<net::Dispatcher>(std::move(services), internal_key);
    way_ = std::make_unique<net::LoopbackTransport>(*dispatcher_, internal_key);
    Take(connect);
  }

  void SetRemote(const std::string& url, net::HttpClient& client, const Secret& internal_key, Connect connect) {
    way_ = std::make_unique<net::HttpTransport>(client, url, internal_key);
    Take(connect);
  }

  /// Only after one of the above.
  Interface& get() const { return *seen_; }
  bool taken() const { return seen_ != nullptr; }

 private:
  void Take(Connect connect) {
    remote_ = connect(*way_);
    seen_ = remote_.get();
  }

  std::unique_ptr<net::Dispatcher> dispatcher_;
  std::unique_ptr<net::Transport> way_;
  std::unique_ptr<Interface> remote_;
  Interface* seen_ = nullptr;
};

}  // namespace lakehouse::app
