#include "ingest_testing/ingest_contract.h"

#include "ingest_lake.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/loopback_transport.h"

namespace lakehouse::ingest {
namespace {

/// Every call encoded and decoded, as between two daemons.
class LoopbackLake final : public IngestUnderTest {
 public:
  ingest::Ingest& ingest() override { return *remote_; }
  catalog::Catalog& catalog() override { return lake_.catalog(); }
  query::Query& query() override { return lake_.query(); }
  const std::string& path() const override { return lake_.path(); }
  std::vector<std::string> spools() const override { return lake_.spools(); }

 private:
  IngestLake lake_;
  Secret key_{"a key for this test"};
  net::Dispatcher server_{{ServeIngest(lake_.ingest())}, key_};
  net::LoopbackTransport wire_{server_, key_};
  std::unique_ptr<ingest::Ingest> remote_ = ConnectIngest(wire_);
};

INSTANTIATE_TEST_SUITE_P(Ingests, IngestContract,
                         testing::Values(IngestMaker{"local", [] { return std::make_unique<IngestLake>(); }},
                                         IngestMaker{"loopback", [] { return std::make_unique<LoopbackLake>(); }}),
                         NameOfIngest);

}  // namespace
}  // namespace lakehouse::ingest
