#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/ingest/ingest_routes.h"

/// What the routes that start an ingest have in common.
namespace lakehouse::ingest {

/// kInvalidArgument reason "unknown_mode".
Result<Mode> ModeOf(const std::optional<std::string>& text, Mode fallback);
/// Absent or empty: nothing. kInvalidArgument "unknown_nested".
Result<std::optional<Nested>> NestedNamed(const std::optional<std::string>& text);
/// The dataset that a file of this name becomes when nobody says another.
std::string NameAfter(std::string_view file_name);
/// Where the rows of a caller go whose profile names a bucket: there. Nothing: as the request says. kPermissionDenied "bucket_not_allowed".
Result<std::optional<std::string>> BoundBucket(const CallersBucket& bucket_of, const Context& context, const net::HttpRequest& request);
/// "1" or "0", which is also what a request means that does not say; a form field or a query parameter.
Result<bool> FlagIn(const net::HttpRequest& request, std::string_view name);
/// Waits for the job unless `async`; 202 when it has not ended within half a minute.
net::HttpResponse AnswerStarted(Ingest& ingest, const Context& context, const Result<StartResponse>& started, bool async);
/// 202 with durability "rescue"; nothing when the job did not end so.
std::optional<net::HttpResponse> AnswerRescued(const Job& job);
net::Answer RescuedAnswerOf(std::string what);
std::vector<net::Answer> LoadAnswers();
/// What may be wrong with a file, and with what is to become of it.
std::vector<net::Fault> LoadFaults();

}  // namespace lakehouse::ingest
