#include "query_testing/query_contract.h"

#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/query/remote_query.h"
#include "test_lake.h"

namespace lakehouse::query {
namespace {

class LocalHost : public QueryUnderTest {
 public:
  LocalHost() {
    lake_.Put("numbers", "SELECT range AS id, 'row ' || range AS name FROM range(10000)", 2);
    for (const char* v : {"1", "2", "3"}) lake_.Put("history", std::string("SELECT ") + v + " AS v");
  }
  Query& query() override { return *lake_.query; }
  QueryLog& log() override { return *lake_.query; }

 protected:
  TestLake lake_;
};

class LoopbackHost final : public LocalHost {
 public:
  Query& query() override { return remote_; }
  QueryLog& log() override { return remote_; }

 private:
  QueryService service_{*lake_.query, *lake_.query, *lake_.query};
  net::Dispatcher dispatcher_{{service_.service()}, Secret("key of this test, long enough to be one")};
  net::LoopbackTransport transport_{dispatcher_, Secret("key of this test, long enough to be one")};
  RemoteQuery remote_{transport_};
};

INSTANTIATE_TEST_SUITE_P(Queries, QueryContract,
                         testing::Values(QueryMaker{"local", [] { return std::make_unique<LocalHost>(); }},
                                         QueryMaker{"loopback", [] { return std::make_unique<LoopbackHost>(); }}),
                         NameOfQuery);

}  // namespace
}  // namespace lakehouse::query
