#pragma once
#include <cstdint>
#include <vector>

#include "server_client.h"
#include "sql_completion.h"

namespace lakehouse::app {

/// Names of datasets and columns for completion. Asked of the server when first wanted, kept, and asked anew once an answer has shown
/// that the lake has moved on, or after some seconds. Single-threaded.
class LakeNames {
 public:
  explicit LakeNames(ServerClient& client) : client_(client) {}

  /// What was known before when the server does not say in time.
  const std::vector<TableNames>& Tables();
  /// An answer was given at this state of the lake.
  void Saw(const net::HttpClient::Response& response);

 private:
  ServerClient& client_;
  std::vector<TableNames> tables_;
  std::string snapshot_;     // that an answer named last
  std::string of_snapshot_;  // when tables_ were asked for
  std::int64_t asked_at_ms_ = INT64_MIN / 2;
};

}  // namespace lakehouse::app
