#pragma once
#include <string>

#include "s3_client.h"

namespace lakehouse::storage {

/// Asks a server what its conditional writes are worth, with small objects of fresh names below `prefix`_probe/ that are
/// removed again. Errors are of the connection: a server that gives wrong answers is a result.
Result<S3Capabilities> ProbeS3(const Context& context, S3Client& client, const std::string& prefix);

}  // namespace lakehouse::storage
