#include "ways.h"

#include "lakehouse/net/http_transport.h"
#include "lakehouse/net/loopback_transport.h"

namespace lakehouse::app {

net::Transport& Ways::To(const std::string& url) {
  return *transports_.emplace_back(std::make_unique<net::HttpTransport>(client_, url, internal_key_));
}

net::Transport& Ways::Through(net::Service service) {
  std::vector<net::Service> services;
  services.push_back(service);
  dispatchers_.push_back(std::make_unique<net::Dispatcher>(std::move(services), internal_key_));
  return *transports_.emplace_back(std::make_unique<net::LoopbackTransport>(*dispatchers_.back(), internal_key_));
}

}  // namespace lakehouse::app
