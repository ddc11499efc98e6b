#include "protocol.h"

#include <cmath>

#include "lakehouse/sandbox/wire.h"

namespace lakehouse::engine {

namespace {

using sandbox::BodyReader;
using sandbox::BodyWriter;

Error BadFrame(std::string_view what) {
  return Error(ErrorCode::kCorruption, "the worker sent " + std::string(what) + " that cannot be read").Named("bad_frame");
}

}  // namespace

std::string EncodeRun(const RunRequest& request) {
  BodyWriter body;
  body.PutText(request.prelude);
  body.PutText(request.statement);
  body.Put(static_cast<std::uint8_t>(request.is_tree));
  body.Put(static_cast<std::uint8_t>(request.explain));
  body.Put(static_cast<std::uint8_t>(request.format));
  body.Put(request.max_rows);
  body.Put(request.max_bytes);
  body.Put(static_cast<std::uint8_t>(request.views_may_stay));
  body.Put(static_cast<std::uint8_t>(request.plan_may_stay));
  body.Put(static_cast<std::uint8_t>(request.keep_connection));
  body.Put(static_cast<std::uint8_t>(static_cast<bool>(request.on_progress)));
  body.Put(static_cast<std::uint32_t>(request.parameters.size()));
  for (const std::string& parameter : request.parameters) body.PutText(parameter);
  return std::move(body).Take();
}

Result<RunRequest> DecodeRun(std::string_view text) {
  BodyReader body(text);
  RunRequest request;
  request.prelude = body.GetText();
  request.statement = body.GetText();
  request.is_tree = body.Get<std::uint8_t>() != 0;
  request.explain = static_cast<Explain>(body.Get<std::uint8_t>());
  request.format = static_cast<Format>(body.Get<std::uint8_t>());
  request.max_rows = body.Get<std::uint64_t>();
  request.max_bytes = body.Get<std::uint64_t>();
  request.views_may_stay = body.Get<std::uint8_t>() != 0;
  request.plan_may_stay = body.Get<std::uint8_t>() != 0;
  request.keep_connection = body.Get<std::uint8_t>() != 0;
  if (body.Get<std::uint8_t>() != 0) request.on_progress = [](double) {};  // says that progress is wanted
  const auto parameters = body.Get<std::uint32_t>();
  for (std::uint32_t i = 0; i < parameters && body.ok(); ++i) request.parameters.emplace_back(body.GetText());
  if (!body.at_end()) return Error(ErrorCode::kInternal, "a run request that cannot be read");
  return request;
}

std::string EncodeColumns(const std::vector<Column>& columns) {
  BodyWriter body;
  body.Put(static_cast<std::uint32_t>(columns.size()));
  for (const Column& column : columns) {
    body.PutText(column.name);
    body.PutText(column.type);
  }
  return std::move(body).Take();
}

Result<std::vector<Column>> DecodeColumns(std::string_view text) {
  BodyReader body(text);
  const auto count = body.Get<std::uint32_t>();
  std::vector<Column> columns;
  for (std::uint32_t i = 0; i < count && body.ok(); ++i) {
    const std::string_view name = body.GetText();
    const std::string_view type = body.GetText();
    columns.push_back({std::string(name), std::string(type)});
  }
  if (!body.at_end()) return BadFrame("a list of columns");
  return columns;
}

std::string EncodeSummary(const RunSummary& summary) {
  BodyWriter body;
  body.Put(summary.rows);
  body.Put(summary.bytes);
  body.Put(static_cast<std::uint8_t>(summary.truncated));
  for (const std::int64_t stage : {summary.prelude_us, summary.plan_us, summary.run_us, summary.encode_us, summary.close_us})
    body.Put(stage);
  return std::move(body).Take();
}

Result<RunSummary> DecodeSummary(std::string_view text) {
  BodyReader body(text);
  RunSummary summary;
  summary.rows = body.Get<std::uint64_t>();
  summary.bytes = body.Get<std::uint64_t>();
  const auto truncated = body.Get<std::uint8_t>();
  for (std::int64_t* stage : {&summary.prelude_us, &summary.plan_us, &summary.run_us, &summary.encode_us, &summary.close_us})
    *stage = body.Get<std::int64_t>();
  if (!body.at_end() || truncated > static_cast<std::uint8_t>(Truncated::kBytes)) return BadFrame("a summary");
  summary.truncated = static_cast<Truncated>(truncated);
  return summary;
}

std::string EncodeProgress(double percent) {
  BodyWriter body;
  body.Put(percent);
  return std::move(body).Take();
}

Result<double> DecodeProgress(std::string_view text) {
  BodyReader body(text);
  const auto percent = body.Get<double>();
  if (!body.at_end() || std::isnan(percent) || percent > 100 || percent < -1) return BadFrame("a progress");
  return percent;
}

}  // namespace lakehouse::engine
