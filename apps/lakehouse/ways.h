#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/secret.h"
#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/net/transport.h"

namespace lakehouse::app {

/// The transports of this process to services, wherever they run. Must outlive what is connected over them.
class Ways {
 public:
  explicit Ways(const Secret& internal_key) : internal_key_(internal_key) {}

  /// To the daemon at this URL.
  net::Transport& To(const std::string& url);
  /// To a service of this process, but through the wire format and back, as if it were in another one.
  net::Transport& Through(net::Service service);

 private:
  const Secret& internal_key_;
  net::HttpClient client_;
  std::vector<std::unique_ptr<net::Dispatcher>> dispatchers_;
  std::vector<std::unique_ptr<net::Transport>> transports_;
};

}  // namespace lakehouse::app
