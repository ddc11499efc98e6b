#include "table_session.h"

#include <algorithm>

#include "mysql_session.h"
#include "postgres_session.h"

namespace lakehouse::ingest {

Result<std::unique_ptr<TableSession>> TableSession::Open(const Context& context, const DatabaseAddress& address, const Secret& password) {
  if (address.kind == DatabaseKind::kMysql) return OpenMysqlSession(context, address, password);
  return OpenPostgresSession(context, address, password);
}

Error SourceLost(const std::string& what) { return Error(ErrorCode::kUnavailable, what).Named("source_lost"); }

std::string FirstLineOf(const char* text) {
  const std::string_view all = text == nullptr ? "" : text;
  return std::string(all.substr(0, std::min<std::size_t>(all.find('\n'), 500)));
}

std::string QuotedBy(char quote, std::string_view text) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace lakehouse::ingest
