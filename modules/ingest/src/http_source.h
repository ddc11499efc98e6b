#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/secret.h"
#include "lakehouse/ingest/source.h"

namespace lakehouse::ingest {

struct HttpFile {
  std::string url;
  Secret token;         ///< sent as bearer to the URL's own host over its own scheme, never after a redirect to another
  std::string hosts;    ///< that are allowed: "files.corp, *.example.com:8443, 10.0.0.5"; "*": all with a public address
  std::string spool;    ///< where the file goes
  std::string file_id;  ///< its name there
  std::int64_t max_bytes = 0;
  std::int64_t timeout_ms = 0;
};

/// The scheme is http or https, there is no user or password in it, and its host is among the allowed. kInvalidArgument "bad_url",
/// "password_in_url"; kPermissionDenied "host_not_allowed".
Status CheckPullUrl(std::string_view url, std::string_view hosts);
/// Whether this address may be connected to: a public one, or one that the list names itself. kPermissionDenied "address_not_allowed".
Status CheckPullAddress(std::string_view address, std::string_view hosts);

/// One file by GET. Asked with the ETag and date that came last, so that nothing comes when nothing changed; at most five redirects, each
/// checked like the URL; every address is checked when it is connected to. kUnprocessable "source_error": another answer than 200;
/// kTooLarge; kUnavailable "source_lost".
std::unique_ptr<FileSource> OpenHttpSource(HttpFile file);

}  // namespace lakehouse::ingest
