#include "database_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace lakehouse::ingest {
namespace {

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

std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

bool DatabaseServer::Begin() {
  auto directory = TemporaryDirectory::Create("/tmp", "lh-db-");
  if (!directory) return false;
  directory_ = std::move(directory).Take();
  ::chmod(path().c_str(), 0777);
  std::string said;
  if (Initialise(said) == 0 && Start()) return true;
  ADD_FAILURE() << "the database server does not start: " << said << ReadLog();
  return false;
}

bool DatabaseServer::Start() {
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (port_ == 0 || attempt > 0) port_ = FreePort();
    if (StartOnce() == 0) return true;
  }
  return false;
}

int DatabaseServer::Run(const std::string& command, std::string* output) const {
  const std::string whole =
      ::geteuid() == 0 ? "cd / && setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c " + ShellQuoted(command) : command;
  FILE* const pipe = ::popen(whole.c_str(), "r");
  if (pipe == nullptr) return -1;
  char part[4096];
  for (std::size_t got = 0; (got = std::fread(part, 1, sizeof part, pipe)) > 0;)
    if (output != nullptr) output->append(part, got);
  return ::pclose(pipe);
}

std::string DatabaseServer::Url(const std::string& database) const {
  return WireName(kind()) + "://lake@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string DatabaseServer::NewDatabase() {
  static int number = 0;
  const std::string name = "d" + std::to_string(++number);
  Create(name);
  return name;
}

std::string DatabaseServer::Sql(const std::string& database, const std::string& sql) {
  const std::string file = path() + "/" + std::to_string(::getpid()) + ".sql";
  std::ofstream(file) << sql << ";\n";
  std::string output;
  EXPECT_EQ(Run(Client(database) + " < " + file + " 2>&1", &output), 0) << output;
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

DatabaseServer::Session DatabaseServer::StartSession(const std::string& database, const std::string& sql) {
  const std::string mark = path() + "/begun";  // a pipe: reading it waits until the client has come so far
  ::unlink(mark.c_str());
  EXPECT_EQ(::mkfifo(mark.c_str(), 0600), 0);
  FILE* const pipe = ::popen((Client(database) + " >/dev/null").c_str(), "w");
  std::fprintf(pipe, "%s;\n\\! echo > %s\n", sql.c_str(), mark.c_str());
  std::fflush(pipe);
  EXPECT_TRUE(ReadFile(mark).ok());
  return {pipe};
}

void DatabaseServer::EndSession(Session session, const std::string& sql) {
  std::fprintf(session.pipe, "%s;\n", sql.c_str());
  EXPECT_EQ(::pclose(session.pipe), 0);
}

void DatabaseServer::Restart() {
  Kill();
  const int port = port_;
  EXPECT_TRUE(Start());
  EXPECT_EQ(port_, port) << "somebody else took the port meanwhile";
}

std::string DatabaseServer::ReadLog() const {
  auto text = ReadFile(path() + "/log");
  return text ? std::move(text).Take() : std::string();
}

}  // namespace lakehouse::ingest
