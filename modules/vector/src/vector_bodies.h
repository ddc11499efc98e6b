#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/schema_of.h"
#include "vectors_wire.h"

/// The bodies of the public routes as the OpenAPI document tells them. vector_requests.cc reads them and vector_routes.cc writes them by
/// hand, for speed: vectors are arrays of numbers there, not the base64 of calls between processes.
namespace lakehouse::vector {

using Numbers = std::vector<double>;

struct CreateIndexBody {
  std::string name;
  std::uint32_t dimension = 0;
  std::optional<std::string> metric, distance, bucket;
};
struct ItemBody {
  std::string id;
  Numbers vector;
  std::optional<RawJson> metadata;
};
struct AddBody {
  std::vector<ItemBody> items;
};
struct RemoveBody {
  std::vector<std::string> ids;
};
struct SearchBody {
  Numbers vector;
  std::optional<std::uint32_t> k;
  std::optional<bool> exact;
  std::optional<double> min_recall;
  std::optional<SearchFilter> filter;
};
struct SearchBatchBody {
  std::vector<Numbers> vectors;
  std::optional<std::uint32_t> k;
  std::optional<bool> exact;
  std::optional<double> min_recall;
  std::optional<SearchFilter> filter;
};
struct SearchBatchAnswer {
  std::vector<std::vector<Hit>> results;
};
struct MergeBody {
  std::string dest;
  std::optional<bool> clear_source;
};
struct MaintainBody {
  std::optional<bool> retrain, compact;
};
struct TrialBody {
  std::string index_name;
  std::optional<IndexConfig> config;
  std::optional<std::vector<Numbers>> queries;
  std::optional<std::uint32_t> k;
};
struct AutotuneBody {
  std::string index_name;
  std::optional<double> min_recall;
  std::optional<std::vector<IndexConfig>> grid;
  std::optional<std::vector<Numbers>> queries;
  std::optional<std::uint32_t> budget;
};
BOOST_DESCRIBE_STRUCT(CreateIndexBody, (), (name, dimension, metric, distance, bucket))
BOOST_DESCRIBE_STRUCT(ItemBody, (), (id, vector, metadata))
BOOST_DESCRIBE_STRUCT(AddBody, (), (items))
BOOST_DESCRIBE_STRUCT(RemoveBody, (), (ids))
BOOST_DESCRIBE_STRUCT(SearchBody, (), (vector, k, exact, min_recall, filter))
BOOST_DESCRIBE_STRUCT(SearchBatchBody, (), (vectors, k, exact, min_recall, filter))
BOOST_DESCRIBE_STRUCT(SearchBatchAnswer, (), (results))
BOOST_DESCRIBE_STRUCT(MergeBody, (), (dest, clear_source))
BOOST_DESCRIBE_STRUCT(MaintainBody, (), (retrain, compact))
BOOST_DESCRIBE_STRUCT(TrialBody, (), (index_name, config, queries, k))
BOOST_DESCRIBE_STRUCT(AutotuneBody, (), (index_name, min_recall, grid, queries, budget))

}  // namespace lakehouse::vector
