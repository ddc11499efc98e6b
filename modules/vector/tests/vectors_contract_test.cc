#include "vector_testing/vectors_contract.h"

#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/vector/remote_vectors.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {
namespace {

std::shared_ptr<Vectors> OpenLocal() {
  const auto lake = std::make_shared<VectorLake>();
  return {lake, lake->vectors.get()};
}

struct LoopbackVectors {
  VectorLake lake;
  Secret key{"a key for this test"};
  net::Dispatcher server{{ServeVectors(*lake.vectors)}, key};
  net::LoopbackTransport wire{server, key};
  std::unique_ptr<Vectors> remote = ConnectVectors(wire);
};

std::shared_ptr<Vectors> OpenLoopback() {
  const auto world = std::make_shared<LoopbackVectors>();
  return {world, world->remote.get()};
}

INSTANTIATE_TEST_SUITE_P(Local, VectorsContract,
                         testing::Values(VectorsTopology{"local", OpenLocal}, VectorsTopology{"loopback", OpenLoopback}),
                         [](const auto& topology) { return topology.param.name; });

}  // namespace
}  // namespace lakehouse::vector
