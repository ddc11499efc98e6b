#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/net/frame.h"
#include "lakehouse/net/replay_window.h"
#include "lakehouse/net/route.h"
#include "lakehouse/net/service.h"

namespace lakehouse::net {

/// The server end of every transport: checks mac, window, nonce and deadline, finds the service, runs the method. Thread-safe.
class Dispatcher {
 public:
  struct Options {
    ReplayWindow::Options replay;
  };
  Dispatcher(std::vector<Service> services, Secret internal_key);
  Dispatcher(std::vector<Service> services, Secret internal_key, Options options, const Clock& clock = SystemClock(),
             Random& random = SystemRandom());

  /// `cancel` is joined to the call's context: the client left.
  Reply Handle(const Frame& frame, std::stop_token cancel = {});
  /// For a method of the second shape: a stream of StreamFrames (stream_frame.h), the last of which is the outcome, or the
  /// reply that says why there is none.
  struct Opened {
    std::unique_ptr<ByteSource> frames;  ///< null: see `refused`
    Context context;                     ///< to pull the frames with
    Reply refused;
  };
  Opened Open(const Frame& frame, std::stop_token cancel = {});
  /// Whether this method answers with a stream; false for one it does not know.
  bool IsStream(std::string_view service, std::string_view method) const;
  const std::vector<Service>& services() const { return services_; }

 private:
  Result<const Service*> FindService(std::string_view name) const;
  std::vector<Service> services_;
  Secret key_;
  ReplayWindow replay_;
};

/// POST /rpc/{service}/{method}. Open routes: the mac is the authentication. The dispatcher must outlive them.
std::vector<Route> RpcRoutes(Dispatcher& dispatcher);

}  // namespace lakehouse::net
