#pragma once
#include <string>

#include "lakehouse/base/result.h"
#include "s3_answers.h"

namespace lakehouse::storage {

/// What a status that is no success means for the one who asked.
enum class RefusalKind {
  kAnswer,           ///< part of the conversation: no such key, condition not met, nothing in that range
  kPasses,           ///< nothing happened; the same request may succeed a little later
  kMayHaveHappened,  ///< the server failed while it worked
  kFinal,            ///< the same request will be refused again
};
RefusalKind KindOfRefusal(int status, const S3Refusal& refusal);

/// `subject`: "S3 PUT of key …". Names the server's code, never a header.
Error ErrorOfRefusal(int status, const S3Refusal& refusal, const std::string& subject);

}  // namespace lakehouse::storage
