#pragma once
#include <functional>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/sandbox/worker.h"
#include "prepare.h"

namespace lakehouse::ingest {

/// The parent's side of worker_handlers.h. What comes back is hostile: a report whose counts or paths make no sense is kCorruption
/// "bad_frame", and the worker is not used again.
Result<PrepareReport> PrepareInWorker(const Context& context, sandbox::Worker& worker, const PrepareRequest& request,
                                      const std::function<void(std::int64_t done, std::int64_t total)>& on_progress);
Result<DocumentListing> ListInWorker(const Context& context, sandbox::Worker& worker, const ListRequest& request);
Status TidyWorker(const Context& context, sandbox::Worker& worker, const std::string& stem);

}  // namespace lakehouse::ingest
