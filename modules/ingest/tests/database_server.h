#pragma once
#include <cstdio>
#include <optional>
#include <string>

#include "database_address.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/secret.h"

namespace lakehouse::ingest {

/// A real database server in a directory of its own, on a free port of this machine, run by an unprivileged user. Over TCP it takes user
/// "lake" with kDatabasePassword, who may read what CreateDatabase made; the tests ask as its owner through the socket.
class DatabaseServer {
 public:
  virtual ~DatabaseServer() = default;

  int port() const { return port_; }
  virtual DatabaseKind kind() const = 0;
  /// <kind>://lake@127.0.0.1:<port>/<database>
  std::string Url(const std::string& database) const;
  /// A new database, named after what was there before.
  std::string NewDatabase();
  /// What the server's own client prints, unaligned, without headers. A failure fails the test.
  std::string Sql(const std::string& database, const std::string& sql);
  /// A FROM item whose column n counts.
  virtual std::string Series(std::int64_t from, std::int64_t to) const = 0;
  /// Type of a key that the server draws.
  virtual std::string DrawnKey() const = 0;
  /// Ends the connections of user lake.
  virtual void CutReaders() = 0;
  /// Begins a session that runs these statements and stays; ended by EndSession.
  struct Session {
    FILE* pipe = nullptr;
  };
  Session StartSession(const std::string& database, const std::string& sql);
  void EndSession(Session session, const std::string& sql);
  /// Immediate stop and start: as a crash.
  void Restart();
  std::string ReadLog() const;

 protected:
  /// Makes the directory and starts; false, and a failed test, when that does not work.
  bool Begin();
  const std::string& path() const { return directory_->path(); }
  bool has_begun() const { return directory_.has_value(); }
  /// As nobody when this is root: no database runs as root.
  int Run(const std::string& command, std::string* output = nullptr) const;

  /// Makes what the server keeps in path()/data.
  virtual int Initialise(std::string& said) = 0;
  /// Starts it on port_ and waits until it answers; 0: it does.
  virtual int StartOnce() = 0;
  virtual void Kill() = 0;
  virtual void Create(const std::string& database) = 0;
  /// The client of its owner, reading statements from its input.
  virtual std::string Client(const std::string& database) const = 0;

  int port_ = 0;

 private:
  bool Start();
  std::optional<TemporaryDirectory> directory_;
};

constexpr char kDatabasePassword[] = "canary-Xq71-zebra";

/// Null where Debian's PostgreSQL is not installed, which is said once.
DatabaseServer* SharedPostgres();
/// Null where Debian's MariaDB is not installed, which is said once.
DatabaseServer* SharedMysql();

/// Knows the one password there is, as source.lake.
class OneSecret final : public SecretsProvider {
 public:
  Result<std::optional<Secret>> Find(std::string_view name) override {
    return name == "source.lake" ? std::optional(Secret(kDatabasePassword)) : std::optional<Secret>();
  }
};

}  // namespace lakehouse::ingest
