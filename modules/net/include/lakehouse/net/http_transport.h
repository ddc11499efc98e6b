#pragma once
#include <string>

#include "lakehouse/base/guarded.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/net/transport.h"

namespace lakehouse::net {

/// Calls the daemon at `base_url` ("http://127.0.0.1:3215"): POST /rpc/<service>/<method>, head and mac in X-Lakehouse-Call and
/// X-Lakehouse-Mac. The client must outlive it.
class HttpTransport final : public Transport {
 public:
  HttpTransport(HttpClient& client, std::string base_url, Secret internal_key);
  Result<std::string> Call(const Context& context, std::string_view service, std::string_view method, std::string body) override;
  Result<std::unique_ptr<ByteSource>> OpenStream(const Context& context, std::string_view service, std::string_view method,
                                                 std::string body) override;

 private:
  HttpClient& client_;
  std::string base_url_;
  Secret key_;
  Guarded<std::string> window_;
};

}  // namespace lakehouse::net
