#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::net {

/// The status of the table in lakehouse/base/result.h.
int HttpStatusOf(ErrorCode code);
/// The reaction that a foreign server's status stands for; kInternal for one that is no error.
ErrorCode ErrorCodeOf(int http_status);
/// "Not Found"; "Unknown" for a status without a name.
std::string_view ReasonPhrase(int http_status);

/// {"error":{"code":reason,"message","context":[notes],"details":…,"request_id"}}; details only when there are some.
std::string ErrorBody(const Error& error, std::string_view request_id);
/// The same for faults of HTTP that no ErrorCode names, such as 405 and 431.
std::string ErrorBody(std::string_view code, std::string_view message, std::string_view request_id);

}  // namespace lakehouse::net
