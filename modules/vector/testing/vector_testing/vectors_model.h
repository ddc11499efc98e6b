#pragma once
#include <algorithm>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "lakehouse/vector/vector_check.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {

/// Runs random operations on a service over one index and on a map side by side and compares every answer; now and then the service is
/// killed and opened again. The answer of Run is what first went wrong, or nothing.
class RandomVectorOperations {
 public:
  RandomVectorOperations(const IndexSpec& spec, std::uint64_t seed, std::size_t ids)
      : spec_(spec), random_(seed), ids_(ids), lake_(Options()) {}

  std::string Run(std::size_t operations) {
    Must(lake_.vectors->CreateIndex({}, {"model", spec_.dimension, std::string(WireName(spec_.metric))}));
    for (std::size_t i = 0; i < operations; ++i) {
      const std::string wrong = i == operations / 2 ? Restart() : One();  // one at least
      if (!wrong.empty()) return "operation " + std::to_string(i) + ": " + wrong;
    }
    return {};
  }
  std::size_t searches() const { return searches_; }
  std::size_t restarts() const { return restarts_; }

 private:
  struct Stored {
    std::vector<float> vector;
    std::optional<std::string> metadata;
  };
  static LocalVectorsOptions Options() {
    LocalVectorsOptions options = VectorLake::Quiet();
    options.sidecar_rows = 40;
    options.build_threads = 1;
    return options;
  }

  std::string One() {
    const std::uint64_t dice = random_() % 1'000;
    if (dice < 250) return Add();
    if (dice < 350) return Remove();
    if (dice < 355) return Explain(lake_.vectors->Maintain({}, {"model", random_() % 4 == 0, random_() % 3 == 0}));
    if (dice < 357) return Restart();
    return Search();
  }
  std::string Restart() {
    ++restarts_;
    lake_.Open();
    return Compare();
  }
  std::string Id() { return "id" + std::to_string(random_() % ids_); }

  std::vector<float> Vector() {
    if (!model_.empty() && random_() % 4 == 0)
      return std::next(model_.begin(), static_cast<std::ptrdiff_t>(random_() % model_.size()))->second.vector;
    std::vector<float> vector(spec_.dimension);
    std::normal_distribution<float> normal(0, 1);
    for (float& value : vector) value = normal(random_);
    if (!CheckVector(spec_, vector)) vector[0] = 1;
    return vector;
  }

  std::string Add() {
    std::vector<Item> items;
    for (std::uint64_t n = 1 + random_() % 4; n > 0; --n) {
      Item item{Id(), Vector(), {}};
      if (random_() % 2 == 0) item.metadata = RawJson{R"({"c":)" + std::to_string(random_() % 3) + "}"};
      Stored& stored = model_[item.id];
      stored.vector = item.vector;
      if (item.metadata) stored.metadata = item.metadata->text;
      items.push_back(std::move(item));
    }
    const auto added = lake_.vectors->Add({}, {"model", items});
    if (!added) return added.error().ToString();
    return added->length == model_.size() ? "" : "length " + std::to_string(added->length) + ", expected " + std::to_string(model_.size());
  }

  std::string Remove() {
    const std::string id = Id();
    const std::size_t expected = model_.erase(id);
    const auto removed = lake_.vectors->Remove({}, {"model", {id}});
    if (!removed) return removed.error().ToString();
    return removed->removed == expected ? "" : "removing " + id + " took " + std::to_string(removed->removed);
  }

  std::string Compare() {
    for (std::size_t n = 0; n < ids_; ++n) {
      const std::string id = "id" + std::to_string(n);
      const auto found = model_.find(id);
      const auto got = lake_.vectors->GetItem({}, {"model", id});
      if (got.ok() != (found != model_.end())) return "after a new start: " + id + (got ? " is there" : " is gone");
      if (!got) continue;
      const std::optional<std::string> metadata = got->item.metadata ? std::optional(got->item.metadata->text) : std::nullopt;
      if (got->item.vector != found->second.vector || metadata != found->second.metadata) return "after a new start: " + id + " differs";
    }
    return {};
  }

  std::string Search() {
    ++searches_;
    const std::vector<float> query = Vector();
    SearchOptions options{.k = static_cast<std::uint32_t>(1 + random_() % 12), .exact = true};
    const std::uint64_t kind = random_() % 3;
    const std::string wanted = R"({"c":)" + std::to_string(random_() % 3) + "}";
    if (kind == 1) options.filter = SearchFilter{{}, RawJson{wanted}};
    if (kind == 2) options.filter = SearchFilter{{{Id(), Id(), Id()}}, {}};
    std::vector<float> expected;
    for (const auto& [id, stored] : model_) {
      if (kind == 1 && stored.metadata != wanted) continue;
      if (kind == 2 && std::count(options.filter->ids->begin(), options.filter->ids->end(), id) == 0) continue;
      expected.push_back(Distance(spec_.metric, query, stored.vector));
    }
    std::sort(expected.begin(), expected.end());
    if (expected.size() > options.k) expected.resize(options.k);
    // Half of them as the edge's loops ask, which may leave it to the other way.
    const SearchRequest request{"model", query, options};
    const auto at_once = query.front() > 0 ? lake_.vectors->SearchAtOnce({}, request) : std::nullopt;
    const auto found = at_once ? *at_once : lake_.vectors->Search({}, request);
    if (!found) return found.error().ToString();
    std::vector<float> distances;
    for (const Hit& hit : found->results) {
      distances.push_back(hit.distance);
      const auto item = model_.find(hit.id);
      if (item == model_.end() || Distance(spec_.metric, query, item->second.vector) != hit.distance)
        return hit.id + " is not what it was found as";
    }
    if (distances == expected) return {};
    std::ostringstream out;
    out << "kind " << kind << ", " << model_.size() << " items, k " << options.k << ":";
    for (const float distance : distances) out << " " << distance;
    out << "; expected";
    for (const float distance : expected) out << " " << distance;
    return out.str();
  }

  template <typename T>
  static std::string Explain(const Result<T>& result) {
    return result ? "" : result.error().ToString();
  }

  IndexSpec spec_;
  std::mt19937_64 random_;
  std::size_t ids_;
  VectorLake lake_;
  std::map<std::string, Stored> model_;
  std::size_t searches_ = 0, restarts_ = 0;
};

}  // namespace lakehouse::vector
