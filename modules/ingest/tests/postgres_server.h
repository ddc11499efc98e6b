#pragma once
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "lakehouse/base/file.h"

namespace lakehouse::ingest {

/// A real PostgreSQL in a directory of its own, on a free port of this machine, run by an unprivileged user. It takes passwords only:
/// user "lake", password kPassword; psql asks as the owner through the socket.
class PostgresServer {
 public:
  static constexpr const char* kPassword = "canary-Xq71-zebra";
  /// Null where Debian's PostgreSQL is not installed, which is said once.
  static PostgresServer* Shared();
  ~PostgresServer();

  int port() const { return port_; }
  /// postgres://lake@127.0.0.1:<port>/<database>
  std::string Url(const std::string& database) const;
  /// A new database with this name.
  void CreateDatabase(const std::string& name);
  /// What psql prints, unaligned, without headers. A failure fails the test.
  std::string Psql(const std::string& database, const std::string& sql);
  /// Begins a session that runs these statements and stays; ended by EndSession.
  struct Session {
    FILE* pipe = nullptr;
  };
  Session StartSession(const std::string& database, const std::string& sql);
  void EndSession(Session session, const std::string& sql);
  /// Immediate stop and start: as a crash.
  void Restart();
  std::string ReadLog() const;

 private:
  PostgresServer() = default;
  bool Start();
  int Run(const std::string& command, std::string* output = nullptr) const;

  std::optional<TemporaryDirectory> directory_;
  int port_ = 0;
};

}  // namespace lakehouse::ingest
