#include <unistd.h>

#include <cstdio>

#include "database_server.h"

namespace lakehouse::ingest {
namespace {

const std::string kPostgresPrograms = "/usr/lib/postgresql/15/bin";

class PostgresServer final : public DatabaseServer {
 public:
  static std::unique_ptr<DatabaseServer> Start() {
    if (::access((kPostgresPrograms + "/initdb").c_str(), X_OK) != 0) {
      std::puts("PostgreSQL is not installed (postgresql-15): its tests are skipped");
      return nullptr;
    }
    auto server = std::make_unique<PostgresServer>();
    if (!server->Begin()) return nullptr;
    server->Sql("postgres", std::string("CREATE ROLE lake LOGIN PASSWORD '") + kDatabasePassword + "'");
    return server;
  }
  ~PostgresServer() override {
    if (!has_begun()) return;
    Kill();
    // What another user made, that user removes.
    Run("rm -rf " + path() + "/data " + path() + "/log");
  }

  DatabaseKind kind() const override { return DatabaseKind::kPostgres; }
  std::string Series(std::int64_t from, std::int64_t to) const override {
    return "generate_series(" + std::to_string(from) + "::bigint, " + std::to_string(to) + ") n";
  }
  std::string DrawnKey() const override { return "bigserial PRIMARY KEY"; }
  void CutReaders() override { Sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lake'"); }

 private:
  int Initialise(std::string& said) override {
    return Run(kPostgresPrograms + "/initdb -D " + path() +
                   "/data -U owner --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C --no-sync 2>&1",
               &said);
  }
  int StartOnce() override {
    const std::string options = "-c listen_addresses=127.0.0.1 -c port=" + std::to_string(port_) + " -c unix_socket_directories=" + path() +
                                " -c fsync=off -c shared_buffers=32MB -c max_wal_size=4GB -c log_min_messages=warning -c "
                                "max_prepared_transactions=4";
    return Run(kPostgresPrograms + "/pg_ctl -D " + path() + "/data -l " + path() + "/log -w -t 120 -o \"" + options +
               "\" start >/dev/null 2>&1");
  }
  void Kill() override { Run(kPostgresPrograms + "/pg_ctl -D " + path() + "/data -m immediate -w stop >/dev/null 2>&1"); }
  void Create(const std::string& database) override {
    Sql("postgres", "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
    Sql("postgres", "CREATE DATABASE " + database + " OWNER lake");
    Sql(database, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO lake");
  }
  std::string Client(const std::string& database) const override {
    return "psql -X -q -A -t -v ON_ERROR_STOP=1 -h " + path() + " -p " + std::to_string(port_) + " -U owner -d " + database;
  }
};

}  // namespace

DatabaseServer* SharedPostgres() {
  static const std::unique_ptr<DatabaseServer> server = PostgresServer::Start();
  return server.get();
}

}  // namespace lakehouse::ingest
