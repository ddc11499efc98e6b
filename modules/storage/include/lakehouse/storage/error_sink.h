#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// One operational failure, as an operator finds it with one call.
struct ErrorRecord {
  std::int64_t sequence = 0;           ///< 1, 2, …: rises with every record of one journal
  std::int64_t time_micros = 0;        ///< wall clock
  std::string kind;                    ///< Error::reason(): "disk_full", "unavailable", "corruption"
  std::string service;                 ///< "storaged", "ingestd"
  std::string object;                  ///< key, dataset, job or index that it happened to; may be empty
  std::string request_id;              ///< may be empty
  std::string principal;               ///< may be empty
  std::string message;                 ///< the error with what was being done; secrets are taken out
  std::optional<std::string> details;  ///< Error::details(), one JSON value without secrets; absent: there are none, or they are too long
};

/// Where every module records what went wrong, before its caller can see that it did: failures of the system, and loads that a dataset's
/// rules refused. A name that is not found, or a SQL error, is the caller's to mend. Thread-safe; never fails and never blocks for long.
class ErrorSink {
 public:
  virtual ~ErrorSink() = default;
  virtual void Record(const Context& ctx, std::string service, std::string object, const Error& error) = 0;
};

}  // namespace lakehouse::storage
