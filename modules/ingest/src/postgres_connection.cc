#include "postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace lakehouse::ingest {
namespace {

/// What the caller can do about a SQLSTATE (PostgreSQL, appendix A).
Error StateError(std::string_view state, const std::string& message) {
  const std::string text = "PostgreSQL answers " + std::string(state) + ": " + message;
  const std::string_view kind = state.substr(0, 2);
  if (kind == "08" || kind == "53" || kind == "57" || kind == "58" || kind == "40" || kind == "55") return SourceLost(text);
  if (kind == "28") return Error(ErrorCode::kUnprocessable, text).Named("source_login");
  if (kind == "3D" || state == "42P01" || state == "3F000") return Error(ErrorCode::kNotFound, text).Named("table_not_found");
  if (state == "42501") return Error(ErrorCode::kUnprocessable, text).Named("source_forbidden");
  return Error(ErrorCode::kUnprocessable, text).Named("source_error");
}

class LibpqConnection final : public PostgresConnection {
 public:
  explicit LibpqConnection(PGconn* connection) : connection_(connection) {}
  ~LibpqConnection() override { PQfinish(connection_); }

  Status Finish(const Context& context) {
    if (connection_ == nullptr) return Error(ErrorCode::kResourceExhausted, "no memory for a connection");
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
    for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(connection_)) {
      if (state == PGRES_POLLING_FAILED || PQstatus(connection_) == CONNECTION_BAD) return ConnectError();
      LH_TRY(Wait(context, state == PGRES_POLLING_WRITING ? POLLOUT : POLLIN));
    }
    if (PQsetnonblocking(connection_, 1) != 0) return SourceLost(FirstLineOf(PQerrorMessage(connection_)));
    LH_TRY(
        Query(context,
              "SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET "
              "bytea_output = 'hex'; SET extra_float_digits = 1; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"));
    return Ok{};
  }

  Result<std::vector<Row>> Query(const Context& context, const std::string& sql) override {
    LH_TRY(Send(context, sql));
    std::vector<Row> rows;
    Status outcome = Ok{};
    for (;;) {
      PGresult* const result = LH_TRY(NextResult(context));
      if (result == nullptr) break;
      const std::unique_ptr<PGresult, void (*)(PGresult*)> owned(result, &PQclear);
      if (outcome) outcome = Check(result);
      for (int row = 0; outcome && row < PQntuples(result); ++row) {
        auto& cells = rows.emplace_back();
        for (int column = 0; column < PQnfields(result); ++column)
          cells.push_back(PQgetisnull(result, row, column) != 0
                              ? std::optional<std::string>()
                              : std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))));
      }
    }
    LH_TRY(outcome);
    return rows;
  }

  Result<std::int64_t> CopyOut(const Context& context, const std::string& sql,
                               const std::function<Status(std::string_view)>& take) override {
    LH_TRY(Send(context, sql));
    {
      const std::unique_ptr<PGresult, void (*)(PGresult*)> begun(LH_TRY(NextResult(context)), &PQclear);
      if (begun == nullptr || PQresultStatus(begun.get()) != PGRES_COPY_OUT) {
        LH_TRY(Check(begun.get()));
        return Error(ErrorCode::kInternal, "PostgreSQL did not begin to copy");
      }
    }
    for (;;) {
      char* row = nullptr;
      const int size = PQgetCopyData(connection_, &row, 1);
      if (size > 0) {
        const std::unique_ptr<char, void (*)(void*)> owned(row, &PQfreemem);
        LH_TRY(take(std::string_view(row, static_cast<std::size_t>(size))));
      } else if (size == 0) {
        LH_TRY(Receive(context));
      } else if (size == -1) {
        break;
      } else {
        return SourceLost("the connection to PostgreSQL was cut: " + FirstLineOf(PQerrorMessage(connection_)));
      }
    }
    std::int64_t rows = -1;
    for (;;) {
      const std::unique_ptr<PGresult, void (*)(PGresult*)> ended(LH_TRY(NextResult(context)), &PQclear);
      if (ended == nullptr) break;
      LH_TRY(Check(ended.get()));
      rows = std::strtoll(PQcmdTuples(ended.get()), nullptr, 10);
    }
    if (rows < 0) return SourceLost("PostgreSQL did not say that the copy is whole");
    return rows;
  }

 private:
  /// Before there is a session the server's reason comes as text only.
  Error ConnectError() const {
    const std::string text = FirstLineOf(PQerrorMessage(connection_));
    const auto says = [&](const char* what) { return text.find(what) != std::string::npos; };
    if (says("authentication failed") || says("no password supplied") || says("no pg_hba.conf entry"))
      return Error(ErrorCode::kUnprocessable, text).Named("source_login");
    if (says("does not exist")) return Error(ErrorCode::kNotFound, text).Named("table_not_found");
    return SourceLost(text.empty() ? "PostgreSQL cannot be reached" : text);
  }
  Status Check(const PGresult* result) const {
    if (result == nullptr) return SourceLost("PostgreSQL gave no answer: " + FirstLineOf(PQerrorMessage(connection_)));
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT) return Ok{};
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == nullptr) return SourceLost("the connection to PostgreSQL was cut: " + FirstLineOf(PQresultErrorMessage(result)));
    return StateError(state, FirstLineOf(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
  }
  Status Wait(const Context& context, int events) {
    for (;;) {
      LH_TRY(context.Check());
      if (PQsocket(connection_) < 0) return SourceLost("the connection to PostgreSQL was cut");
      pollfd socket{PQsocket(connection_), static_cast<short>(events), 0};
      const int ready = ::poll(&socket, 1, kSessionTickMs);
      if (ready > 0) return Ok{};
      if (ready < 0 && errno != EINTR) return SourceLost("waiting for PostgreSQL failed");
    }
  }
  Status Receive(const Context& context) {
    LH_TRY(Wait(context, POLLIN));
    if (PQconsumeInput(connection_) == 0)
      return SourceLost("the connection to PostgreSQL was cut: " + FirstLineOf(PQerrorMessage(connection_)));
    return Ok{};
  }
  Status Send(const Context& context, const std::string& sql) {
    if (PQsendQuery(connection_, sql.c_str()) == 0) return SourceLost(FirstLineOf(PQerrorMessage(connection_)));
    for (int left = PQflush(connection_); left != 0; left = PQflush(connection_)) {
      if (left < 0) return SourceLost(FirstLineOf(PQerrorMessage(connection_)));
      LH_TRY(Wait(context, POLLIN | POLLOUT));
      if (PQconsumeInput(connection_) == 0) return SourceLost(FirstLineOf(PQerrorMessage(connection_)));
    }
    return Ok{};
  }
  /// Null when the statement's results are at their end.
  Result<PGresult*> NextResult(const Context& context) {
    while (PQisBusy(connection_) != 0) LH_TRY(Receive(context));
    return PQgetResult(connection_);
  }

  PGconn* connection_;
};

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const Context& context, const DatabaseAddress& address,
                                                                     const Secret& password) {
  // A password file or service file of this machine's user is nobody else's to use.
  const char* const names[] = {"host",
                               "port",
                               "user",
                               "dbname",
                               "sslmode",
                               "password",
                               "passfile",
                               "keepalives_idle",
                               "keepalives_interval",
                               "keepalives_count",
                               "application_name",
                               nullptr};
  const char* const values[] = {address.host.c_str(),
                                address.port.c_str(),
                                address.user.c_str(),
                                address.database.c_str(),
                                address.ssl_mode.c_str(),
                                password.empty() ? nullptr : password.Reveal().c_str(),
                                "/dev/null/none",
                                "30",
                                "10",
                                "3",
                                "lakehouse",
                                nullptr};
  auto connection = std::make_unique<LibpqConnection>(PQconnectStartParams(names, values, 0));
  Context patient = context;
  patient.deadline = context.deadline.Or(Deadline::After(15'000));
  const Status done = connection->Finish(patient);
  if (!done && done.error().code() == ErrorCode::kDeadlineExceeded && context.Check())
    return SourceLost(address.Shown() + " does not answer");
  LH_TRY_WHILE(done, "connect to " + address.Shown());
  return std::unique_ptr<PostgresConnection>(std::move(connection));
}

}  // namespace lakehouse::ingest
