#include "lakehouse/catalog/access_book.h"

#include <condition_variable>
#include <mutex>

namespace lakehouse::catalog {

AccessBook::AccessBook(Catalog& catalog, Log& log, Options options) : catalog_(catalog), log_(log), options_(options) {
  if (options_.poll_ms > 0) tasks_.Start("access", [this](std::stop_token stop) { Poll(std::move(stop)); });
}
AccessBook::~AccessBook() = default;

Result<std::shared_ptr<const Access>> AccessBook::Load(const Context& context) {
  const std::int64_t known = Known()->sequence();
  LoadAccessResponse loaded = LH_TRY(catalog_.LoadAccess(context, {known}));
  if (!loaded.changed) return Known();
  auto access = std::make_shared<const Access>(std::move(loaded));
  auto locked = known_.Lock();
  if (access->sequence() > (*locked)->sequence()) *locked = access;  // a slower caller may bring an older one
  return *locked;
}

Result<Sight> AccessBook::SightOf(const Context& context) {
  if (!context.principal.starts_with(kKeyPrincipal)) return Sight::Everything(context.principal);
  return LH_TRY(Load(context))->SightOf(context.principal);
}

void AccessBook::Poll(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  bool failing = false;
  while (!stop.stop_requested()) {
    Context context{.principal = "system:access", .trace = "access", .deadline = Deadline::After(10'000), .cancel = stop};
    const auto loaded = Load(context);
    if (!loaded && !failing && !stop.stop_requested())
      log_.Warning("API keys cannot be loaded; those known stay in force", {{"error", loaded.error().ToString()}});
    failing = !loaded.ok();
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::milliseconds(options_.poll_ms), [] { return false; });
  }
}

}  // namespace lakehouse::catalog
