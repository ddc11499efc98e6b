#pragma once
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/net/transport.h"

namespace lakehouse {

/// One process of the real binary (LAKEHOUSE_BINARY), on a free port; ready when constructed. Throws std::runtime_error with its log
/// when it does not become so. SIGTERM when it goes, and a test failure unless it then ends by itself with 0.
class Daemon {
 public:
  Daemon(const std::vector<std::string>& arguments, std::string log_path);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  const std::string& url() const { return url_; }
  /// Asks it to end; the destructor waits. So several end at the same time.
  void Stop();

 private:
  std::string Log() const;

  std::string log_path_;
  pid_t pid_ = -1;
  int output_ = -1;
  bool asked_to_stop_ = false;
  std::string url_;
};

/// A lake of its own, each service of it in a process of its own, and the way to each.
class Fleet {
 public:
  /// `services` in the order in which they start: each is told where those before it are.
  explicit Fleet(const std::vector<std::string>& services);
  ~Fleet();
  net::Transport& To(const std::string& service) { return *ways_.at(service); }
  const std::string& path() const { return directory_.path(); }
  std::string state() const { return path() + "/state"; }

 private:
  TemporaryDirectory directory_;
  std::vector<std::unique_ptr<Daemon>> daemons_;
  net::HttpClient client_;
  std::map<std::string, std::unique_ptr<net::Transport>> ways_;
};

}  // namespace lakehouse
