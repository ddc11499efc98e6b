#include "vector_testing/vectors_contract.h"

#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/vector/profiled_vectors.h"
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

/// As callers from outside have them.
struct SeenVectors {
  VectorLake lake;
  catalog::AccessBook book{*lake.catalog, lake.lake.log, {.poll_ms = 0}};
  std::unique_ptr<Vectors> seen = MakeProfiledVectors(*lake.vectors, book);
};

std::shared_ptr<Vectors> OpenProfiled() {
  const auto world = std::make_shared<SeenVectors>();
  return {world, world->seen.get()};
}

INSTANTIATE_TEST_SUITE_P(Local, VectorsContract,
                         testing::Values(VectorsTopology{"local", OpenLocal}, VectorsTopology{"loopback", OpenLoopback},
                                         VectorsTopology{"profiled", OpenProfiled}),
                         [](const auto& topology) { return topology.param.name; });

}  // namespace
}  // namespace lakehouse::vector
