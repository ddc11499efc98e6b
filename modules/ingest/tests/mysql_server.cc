#include <unistd.h>

#include <cstdio>

#include "database_server.h"

namespace lakehouse::ingest {
namespace {

/// MariaDB, with a certificate of its own: it speaks TLS with whoever wants to.
class MysqlServer final : public DatabaseServer {
 public:
  static std::unique_ptr<DatabaseServer> Start() {
    if (::access("/usr/sbin/mariadbd", X_OK) != 0 || ::access("/usr/bin/mariadb", X_OK) != 0) {
      std::puts("MariaDB is not installed (mariadb-server-core, mariadb-client-core): its tests are skipped");
      return nullptr;
    }
    auto server = std::make_unique<MysqlServer>();
    if (!server->Begin()) return nullptr;
    server->Sql("mysql", std::string("CREATE USER lake IDENTIFIED BY '") + kDatabasePassword + "'; GRANT PROCESS ON *.* TO lake");
    return server;
  }
  ~MysqlServer() override {
    if (!has_begun()) return;
    Kill();
    Run("rm -rf " + path() + "/data " + path() + "/log " + path() + "/pid " + path() + "/*.pem " + path() + "/socket");
  }

  DatabaseKind kind() const override { return DatabaseKind::kMysql; }
  std::string Series(std::int64_t from, std::int64_t to) const override {
    return "(SELECT seq AS n FROM seq_" + std::to_string(from) + "_to_" + std::to_string(to) + ") series";
  }
  std::string DrawnKey() const override { return "bigint AUTO_INCREMENT PRIMARY KEY"; }
  void CutReaders() override {
    const std::string kill = Sql("mysql", "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = 'lake'");
    if (!kill.empty()) Sql("mysql", kill);
  }

 private:
  int Initialise(std::string& said) override {
    const int status = Run(TemporaryTables() + "mariadb-install-db --no-defaults --datadir=" + path() +
                               "/data --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve 2>&1",
                           &said);
    if (status != 0) return status;
    return Run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout " + path() + "/key.pem -out " + path() +
                   "/certificate.pem 2>&1",
               &said);
  }
  int StartOnce() override {
    // What is committed has left the process, so that killing it costs no row.
    return Run(
        TemporaryTables() + "mariadbd --no-defaults --datadir=" + path() + "/data --socket=" + path() +
        "/socket --port=" + std::to_string(port_) + " --bind-address=127.0.0.1 --pid-file=" + path() + "/pid --log-error=" + path() +
        "/log --ssl-cert=" + path() + "/certificate.pem --ssl-key=" + path() +
        "/key.pem --skip-name-resolve --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M --character-set-server=utf8mb4 "
        ">/dev/null 2>&1 </dev/null & server=$!; until " +
        Client("mysql") + " -e 'SELECT 1' >/dev/null 2>&1; do kill -0 $server 2>/dev/null || exit 1; sleep 0.05; done");
  }
  /// Two servers that begin at once would otherwise remove each other's.
  std::string TemporaryTables() const { return "TMPDIR=" + path() + " "; }
  void Kill() override {
    Run("server=$(cat " + path() + "/pid) && kill -9 $server && while kill -0 $server 2>/dev/null; do sleep 0.02; done; rm -f " + path() +
        "/pid");
  }
  /// A transaction that stays open is in the way of every incremental read: a test has none of another's.
  void EndWhatIsOpen() {
    std::string open;
    for (int look = 0; look < 25; ++look) {
      open = Sql("mysql", "SELECT * FROM information_schema.innodb_trx\\G");
      if (open.empty()) return;
      Run("sleep 0.2");  // the list is kept for a while
    }
    std::printf("MariaDB starts anew, for a transaction stays open:\n%s\n%s\n", open.c_str(),
                Sql("mysql", "SHOW FULL PROCESSLIST").c_str());
    Restart();
  }
  void Create(const std::string& database) override {
    EndWhatIsOpen();
    Sql("mysql", "DROP DATABASE IF EXISTS " + database + "; CREATE DATABASE " + database + "; GRANT SELECT ON " + database + ".* TO lake");
  }
  std::string Client(const std::string& database) const override {
    return "mariadb --no-defaults --batch --raw --skip-column-names --socket=" + path() + "/socket --user=root " + database;
  }
};

}  // namespace

DatabaseServer* SharedMysql() {
  static const std::unique_ptr<DatabaseServer> server = MysqlServer::Start();
  return server.get();
}

}  // namespace lakehouse::ingest
