#include "lakehouse/journal/remote_journal.h"

#include "journal_wire.h"

namespace lakehouse::journal {
namespace {

class RemoteJournal final : public Journal, net::Remote<JournalMethods> {
 public:
  explicit RemoteJournal(net::Transport& transport) : Remote(transport) {}

  Result<EventsResponse> History(const Context& c, const HistoryRequest& r) override { return Call<&Journal::History>(c, r); }
  Result<EventsResponse> Recent(const Context& c, const RecentRequest& r) override { return Call<&Journal::Recent>(c, r); }
  Result<StatsResponse> LoadStats(const Context& c, const StatsRequest& r) override { return Call<&Journal::LoadStats>(c, r); }
  Result<FlushResponse> Flush(const Context& c, const FlushRequest& r) override { return Call<&Journal::Flush>(c, r); }
};

}  // namespace

std::unique_ptr<Journal> ConnectJournal(net::Transport& transport) { return std::make_unique<RemoteJournal>(transport); }
net::Service ServeJournal(Journal& journal) { return net::Serve<JournalMethods>(journal); }

}  // namespace lakehouse::journal
