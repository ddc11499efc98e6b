#include "lakehouse/ingest/worker_handlers.h"

#include <dirent.h>
#include <unistd.h>

#include <memory>

#include "documents.h"
#include "lakehouse/sandbox/wire.h"
#include "prepare_wire.h"

namespace lakehouse::ingest {
namespace {

Result<std::string> Prepare(const sandbox::Request& request, sandbox::Channel& channel) {
  const auto wanted = LH_TRY(DecodeJson<PrepareRequest>(request.body));
  const auto report = LH_TRY(PrepareFile(wanted, "tmp/", [&channel](std::int64_t done, std::int64_t total) -> Status {
    sandbox::BodyWriter body;
    body.Put(done);
    body.Put(total);
    return channel.Send(kPrepareProgress, body.body(), true);
  }));
  return EncodeJson(report);
}

Result<std::string> ListFiles(const sandbox::Request& request, sandbox::Channel&) {
  const auto wanted = LH_TRY(DecodeJson<ListRequest>(request.body));
  return EncodeJson(LH_TRY(ListDocuments(wanted, "tmp/")));
}

Result<std::string> Tidy(const sandbox::Request& request, sandbox::Channel&) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("tmp"), &::closedir);
  if (!directory) return FileError("list", "tmp", errno);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (request.body.empty() || !name.starts_with(request.body)) continue;
    ::unlink(("tmp/" + std::string(name)).c_str());
  }
  return std::string();
}

}  // namespace

std::map<std::uint32_t, sandbox::Handler> WorkerHandlers() {
  return {{kPrepareRequest, Prepare}, {kListRequest, ListFiles}, {kTidyRequest, Tidy}};
}

}  // namespace lakehouse::ingest
