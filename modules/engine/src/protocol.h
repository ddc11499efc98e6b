#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/engine/session.h"

/// Frames between Session and the engine in a worker. Both ends are the same binary, so there is no version; but what a worker sends
/// is hostile all the same, because it read hostile files: the Decode functions for the parent check everything.
namespace lakehouse::engine {

enum RequestType : std::uint32_t {
  kParse = 16,          ///< text → done: tree
  kUnparse = 17,        ///< tree → done: text
  kRun = 18,            ///< EncodeRun → kSchema, kBytes*, kProgress*; done: EncodeSummary
  kEndConnection = 19,  ///< → done: nothing
};
enum AnswerType : std::uint32_t {
  kSchema = 32,    ///< EncodeColumns; once, before kBytes
  kBytes = 33,     ///< encoded output
  kProgress = 34,  ///< double: percent, -1 when unknown
};

std::string EncodeRun(const RunRequest& request);
/// In the worker. kInternal: not what EncodeRun wrote.
Result<RunRequest> DecodeRun(std::string_view body);

std::string EncodeColumns(const std::vector<Column>& columns);
std::string EncodeSummary(const RunSummary& summary);
std::string EncodeProgress(double percent);
/// In the parent. kCorruption "bad_frame".
Result<std::vector<Column>> DecodeColumns(std::string_view body);
Result<RunSummary> DecodeSummary(std::string_view body);
Result<double> DecodeProgress(std::string_view body);

}  // namespace lakehouse::engine
