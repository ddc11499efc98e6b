#include "mysql_connection.h"

#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>

namespace lakehouse::ingest {
namespace {

constexpr unsigned kNoTls = 2026;
constexpr int kMostStepsToEnd = 1000;
/// None of them sends the password itself over a connection that others can read.
constexpr char kLogins[] = "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519";

bool IsOne(unsigned code, std::initializer_list<unsigned> codes) { return std::find(codes.begin(), codes.end(), code) != codes.end(); }

/// What the caller can do about a number of MySQL's (its error reference; 2000 to 2999 are the client's own).
Error CodeError(unsigned code, const std::string& state, const std::string& message) {
  const std::string text = "MySQL answers " + std::to_string(code) + " (" + state + "): " + message;
  constexpr auto kUnprocessable = ErrorCode::kUnprocessable;
  if (IsOne(code, {1045, 1130, 1251, 1524, 1698, 1820, 1862, 2049, 2058, 2059, 2061, 4151}))
    return Error(kUnprocessable, text).Named("source_login");
  if (IsOne(code, {1044, 1142, 1143, 1227, 1356, 1370})) return Error(kUnprocessable, text).Named("source_forbidden");
  if (IsOne(code, {1049, 1051, 1146})) return Error(ErrorCode::kNotFound, text).Named("table_not_found");
  // No room, a restart, a lock, columns that changed after the snapshot was made.
  if (IsOne(code, {1037, 1038, 1040, 1041, 1043, 1053, 1077, 1078, 1079, 1080, 1105, 1129, 1152, 1153, 1154, 1155,
                   1156, 1157, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1213, 1226, 1317, 1412, 1927, 4031}))
    return SourceLost(text);
  if (code >= 2000 && code < 3000 && code != kNoTls) return SourceLost(text);
  return Error(kUnprocessable, text).Named("source_error");
}

class LibmariadbConnection final : public MysqlConnection {
 public:
  explicit LibmariadbConnection(MYSQL* handle) : handle_(handle) {}
  ~LibmariadbConnection() override { mysql_close(handle_); }

  Status Connect(const Context& context, const DatabaseAddress& address, const Secret& password, bool by_tls) {
    if (handle_ == nullptr) return Error(ErrorCode::kResourceExhausted, "no memory for a connection");
    const bool is_path = address.host.starts_with('/');
    const my_bool yes = 1, no = 0, encrypt = by_tls && !is_path ? yes : no;
    const my_bool verify = encrypt == yes && address.ssl_mode.starts_with("verify") ? yes : no;
    const unsigned protocol = is_path ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP, no_files = 0;
    mysql_options(handle_, MYSQL_OPT_NONBLOCK, nullptr);
    mysql_options(handle_, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(handle_, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_options(handle_, MARIADB_OPT_RESTRICTED_AUTH, kLogins);
    mysql_options(handle_, MYSQL_OPT_SSL_ENFORCE, &encrypt);
    mysql_options(handle_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    mysql_options(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options4(handle_, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "lakehouse");
    MYSQL* connected = nullptr;
    LH_TRY(
        Drive(context,
              mysql_real_connect_start(&connected, handle_, is_path ? nullptr : address.host.c_str(), address.user.c_str(),
                                       password.empty() ? "" : password.Reveal().c_str(), address.database.c_str(),
                                       static_cast<unsigned>(std::atoi(address.port.c_str())), is_path ? address.host.c_str() : nullptr, 0),
              [&](int ready) { return mysql_real_connect_cont(&connected, handle_, ready); }));
    if (connected == nullptr) return Failure();
    // A process that begins meanwhile must not keep it open: the server would go on writing to it.
    ::fcntl(mysql_get_socket(handle_), F_SETFD, FD_CLOEXEC);
    for (const char* setting : {"SET NAMES utf8mb4", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                                "SET SESSION time_zone = '+00:00', sql_mode = 'NO_BACKSLASH_ESCAPES', sql_select_limit = "
                                "18446744073709551615, sql_big_selects = 1, net_write_timeout = 600, autocommit = 1"})
      LH_TRY(Each(context, setting, [](Cells) { return Status(Ok{}); }));
    return Ok{};
  }

  Status Each(const Context& context, const std::string& sql, const std::function<Status(Cells)>& take) override {
    int failed = 0;
    LH_TRY(Drive(context, mysql_real_query_start(&failed, handle_, sql.data(), sql.size()),
                 [&](int ready) { return mysql_real_query_cont(&failed, handle_, ready); }));
    if (failed != 0) return Failure();
    const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> rows(mysql_use_result(handle_), &mysql_free_result);
    if (rows == nullptr) return mysql_field_count(handle_) == 0 ? Status(Ok{}) : Failure();
    std::vector<std::optional<std::string_view>> cells(mysql_num_fields(rows.get()));
    for (;;) {
      MYSQL_ROW row = nullptr;
      LH_TRY(Drive(context, mysql_fetch_row_start(&row, rows.get()),
                   [&](int ready) { return mysql_fetch_row_cont(&row, rows.get(), ready); }));
      if (row == nullptr) break;
      const unsigned long* const sizes = mysql_fetch_lengths(rows.get());
      for (std::size_t i = 0; i < cells.size(); ++i)
        cells[i] = row[i] == nullptr ? std::optional<std::string_view>() : std::string_view(row[i], sizes[i]);
      if (Status taken = take(cells); !taken) {
        Cut();
        return taken;
      }
    }
    if (mysql_errno(handle_) != 0) return Failure();
    return Ok{};
  }

 private:
  Error Failure() { return CodeError(mysql_errno(handle_), mysql_sqlstate(handle_), FirstLineOf(mysql_error(handle_))); }

  /// Whatever is still to come is not waited for.
  void Cut() {
    const my_socket socket = mysql_get_socket(handle_);
    if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
  }

  /// Goes on with a call that libmariadb suspended, until it has an answer.
  Status Drive(const Context& context, int waits_for, const std::function<int(int)>& go_on) {
    while (waits_for != 0) {
      auto ready = Wait(context, waits_for);
      if (!ready) {
        Cut();
        for (int step = 0; waits_for != 0 && step < kMostStepsToEnd; ++step) waits_for = go_on(MYSQL_WAIT_TIMEOUT);
        return std::move(ready).TakeError();
      }
      waits_for = go_on(*ready);
    }
    return Ok{};
  }
  Result<int> Wait(const Context& context, int waits_for) {
    const Deadline own = (waits_for & MYSQL_WAIT_TIMEOUT) != 0 ? Deadline::After(mysql_get_timeout_value_ms(handle_)) : Deadline();
    for (;;) {
      LH_TRY(context.Check());
      pollfd socket{mysql_get_socket(handle_), 0, 0};
      if ((waits_for & MYSQL_WAIT_READ) != 0) socket.events |= POLLIN;
      if ((waits_for & MYSQL_WAIT_WRITE) != 0) socket.events |= POLLOUT;
      if ((waits_for & MYSQL_WAIT_EXCEPT) != 0) socket.events |= POLLPRI;
      const int ready = ::poll(&socket, 1, kSessionTickMs);
      if (ready < 0 && errno != EINTR) return SourceLost("waiting for MySQL failed");
      if (ready > 0) {
        int events = 0;
        if ((socket.revents & (POLLIN | POLLHUP | POLLERR)) != 0) events |= MYSQL_WAIT_READ & waits_for;
        if ((socket.revents & (POLLOUT | POLLHUP | POLLERR)) != 0) events |= MYSQL_WAIT_WRITE & waits_for;
        if ((socket.revents & POLLPRI) != 0) events |= MYSQL_WAIT_EXCEPT & waits_for;
        return events;
      }
      if ((waits_for & MYSQL_WAIT_TIMEOUT) != 0 && own.RemainingMs() == 0) return MYSQL_WAIT_TIMEOUT;
    }
  }

  MYSQL* handle_;
};

}  // namespace

Result<std::unique_ptr<MysqlConnection>> MysqlConnection::Open(const Context& context, const DatabaseAddress& address,
                                                               const Secret& password) {
  static std::once_flag begun;
  std::call_once(begun, [] { mysql_server_init(0, nullptr, nullptr); });
  Context patient = context;
  patient.deadline = context.deadline.Or(Deadline::After(15'000));
  const bool first_by_tls = address.ssl_mode != "disable" && address.ssl_mode != "allow";
  const bool may_go_without = address.ssl_mode == "allow" || address.ssl_mode == "prefer";
  const auto connect = [&](bool by_tls, std::unique_ptr<MysqlConnection>& opened) -> Status {
    auto connection = std::make_unique<LibmariadbConnection>(mysql_init(nullptr));
    LH_TRY(connection->Connect(patient, address, password, by_tls));
    opened = std::move(connection);
    return Ok{};
  };
  std::unique_ptr<MysqlConnection> opened;
  Status done = connect(first_by_tls, opened);
  if (!done && may_go_without && done.error().code() == ErrorCode::kUnprocessable) {
    const Status other = connect(!first_by_tls, opened);
    if (other || first_by_tls) done = other;
  }
  if (!done && done.error().code() == ErrorCode::kDeadlineExceeded && context.Check())
    return SourceLost(address.Shown() + " does not answer");
  LH_TRY_WHILE(done, "connect to " + address.Shown());
  return opened;
}

}  // namespace lakehouse::ingest
