#include "postgres_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace lakehouse::ingest {
namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";

int FreePort() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

std::string TextOf(const std::string& path) {
  auto text = ReadFile(path);
  return text ? std::move(text).Take() : std::string();
}

std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

PostgresServer* PostgresServer::Shared() {
  static const std::unique_ptr<PostgresServer> server = []() -> std::unique_ptr<PostgresServer> {
    if (::access((std::string(kPrograms) + "/initdb").c_str(), X_OK) != 0) {
      std::puts("PostgreSQL is not installed (postgresql-15): its tests are skipped");
      return nullptr;
    }
    std::unique_ptr<PostgresServer> made(new PostgresServer());
    auto directory = TemporaryDirectory::Create("/tmp", "lh-pg-");
    if (!directory) return nullptr;
    made->directory_ = std::move(directory).Take();
    const std::string& path = made->directory_->path();
    ::chmod(path.c_str(), 0777);
    std::string said;
    if (made->Run(std::string(kPrograms) + "/initdb -D " + path +
                      "/data -U owner --auth-local=trust --auth-host=scram-sha-256 -E UTF8 "
                      "--locale=C --no-sync 2>&1",
                  &said) != 0 ||
        !made->Start()) {
      ADD_FAILURE() << "PostgreSQL does not start: " << said << made->ReadLog();
      return nullptr;
    }
    made->Psql("postgres", std::string("CREATE ROLE lake LOGIN PASSWORD '") + kPassword + "'");
    return made;
  }();
  return server.get();
}

PostgresServer::~PostgresServer() {
  if (!directory_) return;
  Run(std::string(kPrograms) + "/pg_ctl -D " + directory_->path() + "/data -m immediate -w stop >/dev/null 2>&1");
  // What another user made, that user removes.
  Run("rm -rf " + directory_->path() + "/data " + directory_->path() + "/log");
}

bool PostgresServer::Start() {
  const std::string& path = directory_->path();
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (port_ == 0 || attempt > 0) port_ = FreePort();
    const std::string options = "-c listen_addresses=127.0.0.1 -c port=" + std::to_string(port_) + " -c unix_socket_directories=" + path +
                                " -c fsync=off -c shared_buffers=32MB -c max_wal_size=4GB -c log_min_messages=warning -c "
                                "max_prepared_transactions=4";
    if (Run(std::string(kPrograms) + "/pg_ctl -D " + path + "/data -l " + path + "/log -w -t 120 -o " + ShellQuoted(options) +
            " start >/dev/null 2>&1") == 0)
      return true;
  }
  return false;
}

int PostgresServer::Run(const std::string& command, std::string* output) const {
  // PostgreSQL does not run as root.
  const std::string whole =
      ::geteuid() == 0 ? "cd / && setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c " + ShellQuoted(command) : command;
  FILE* const pipe = ::popen(whole.c_str(), "r");
  if (pipe == nullptr) return -1;
  char part[4096];
  for (std::size_t got = 0; (got = std::fread(part, 1, sizeof part, pipe)) > 0;)
    if (output != nullptr) output->append(part, got);
  return ::pclose(pipe);
}

std::string PostgresServer::Url(const std::string& database) const {
  return "postgres://lake@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

void PostgresServer::CreateDatabase(const std::string& name) {
  Psql("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
  Psql("postgres", "CREATE DATABASE " + name + " OWNER lake");
}

std::string PostgresServer::Psql(const std::string& database, const std::string& sql) {
  const std::string file = directory_->path() + "/" + std::to_string(::getpid()) + ".sql";
  std::ofstream(file) << sql << ";\n";
  std::string output;
  const int status = Run("psql -X -q -A -t -v ON_ERROR_STOP=1 -h " + directory_->path() + " -p " + std::to_string(port_) + " -U owner -d " +
                             database + " -f " + file + " 2>&1",
                         &output);
  EXPECT_EQ(status, 0) << output;
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

PostgresServer::Session PostgresServer::StartSession(const std::string& database, const std::string& sql) {
  const std::string mark = directory_->path() + "/begun";  // a pipe: reading it waits until psql has come so far
  ::unlink(mark.c_str());
  EXPECT_EQ(::mkfifo(mark.c_str(), 0600), 0);
  FILE* const pipe = ::popen(("psql -X -q -v ON_ERROR_STOP=1 -h " + directory_->path() + " -p " + std::to_string(port_) + " -U owner -d " +
                              database + " >/dev/null")
                                 .c_str(),
                             "w");
  std::fprintf(pipe, "%s;\n\\! echo > %s\n", sql.c_str(), mark.c_str());
  std::fflush(pipe);
  EXPECT_TRUE(ReadFile(mark).ok());
  return {pipe};
}

void PostgresServer::EndSession(Session session, const std::string& sql) {
  std::fprintf(session.pipe, "%s;\n", sql.c_str());
  EXPECT_EQ(::pclose(session.pipe), 0);
}

void PostgresServer::Restart() {
  Run(std::string(kPrograms) + "/pg_ctl -D " + directory_->path() + "/data -m immediate -w stop >/dev/null 2>&1");
  const int port = port_;
  EXPECT_TRUE(Start());
  EXPECT_EQ(port_, port) << "somebody else took the port meanwhile";
}

std::string PostgresServer::ReadLog() const { return TextOf(directory_->path() + "/log"); }

}  // namespace lakehouse::ingest
