#pragma once
#include <cstdint>
#include <string>

#include "client_commands.h"

/// How good a running server's answers and searches are, on questions whose answers people know.
namespace lakehouse::app {

struct RagOptions {
  std::string questions;  ///< a file (matrix::ReadJudgedQuestions)
  std::string corpus;
  std::uint32_t passages = 5;  ///< that each answer reads
};
/// Asks all of them and prints, as one JSON object, what came of it.
Status RunEvalRag(const ServerAddress& server, const RagOptions& options);
/// Searches with a grid of parameters and prints, as one JSON object, which suit the questions best and how surely.
Status RunRagTune(const ServerAddress& server, const RagOptions& options);

}  // namespace lakehouse::app
