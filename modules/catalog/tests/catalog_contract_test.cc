#include "catalog_testing/catalog_contract.h"

namespace lakehouse::catalog {
namespace {

CatalogWorld OpenLocalWorld() {
  auto lake = std::make_shared<TestLake>();
  auto opened = lake->Open();
  if (!opened) return {};
  std::shared_ptr<LocalCatalog> catalog = std::move(opened).Take();
  return {std::shared_ptr<Catalog>(catalog.get(), [lake, catalog](Catalog*) mutable { catalog.reset(); }), lake->store};
}

INSTANTIATE_TEST_SUITE_P(Local, CatalogContract, testing::Values(CatalogTopology{"local", OpenLocalWorld}),
                         [](const auto& topology) { return topology.param.name; });

}  // namespace
}  // namespace lakehouse::catalog
