#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "lakehouse/vector/row_source.h"
#include "lakehouse/vector/vector_check.h"
#include "lakehouse/vector/vector_index.h"

namespace lakehouse::vector {

/// Brute force: what an index must answer.
class IndexModel {
 public:
  explicit IndexModel(const IndexSpec& spec) : spec_(spec) {}
  void Add(RowId row, std::vector<float> vector) { rows_[row] = std::move(vector); }
  void Remove(RowId row) { rows_.erase(row); }
  const std::map<RowId, std::vector<float>>& rows() const { return rows_; }

  template <typename Allows>
  std::vector<Neighbor> Nearest(std::span<const float> query, std::size_t k, Allows allows) const {
    std::vector<Neighbor> all;
    for (const auto& [row, vector] : rows_)
      if (allows(row)) all.push_back({row, Distance(spec_.metric, query, vector)});
    std::sort(all.begin(), all.end(),
              [](const Neighbor& a, const Neighbor& b) { return a.distance != b.distance ? a.distance < b.distance : a.row < b.row; });
    if (all.size() > k) all.resize(k);
    return all;
  }

 private:
  IndexSpec spec_;
  std::map<RowId, std::vector<float>> rows_;
};

/// Runs random operations on an index and the model side by side and compares every answer. The answer is what first went wrong, or
/// nothing. `most_rows` bounds the live rows: with 8 it churns a handful of keys through first insert and last delete.
class RandomOperations {
 public:
  RandomOperations(const IndexSpec& spec, std::uint64_t seed, std::size_t most_rows)
      : spec_(spec), random_(seed), most_rows_(most_rows), store_(spec.dimension), model_(spec) {}

  std::string Run(std::size_t operations) {
    auto index = VectorIndex::Create(spec_, store_, {.threads = 1});
    if (!index) return index.error().ToString();
    index_ = std::move(index).Take();
    for (std::size_t i = 0; i < operations; ++i) {
      std::string wrong = One();
      if (!wrong.empty()) return "operation " + std::to_string(i) + ": " + wrong;
    }
    return {};
  }
  std::size_t searches() const { return searches_; }

 private:
  std::string One() {
    const std::uint64_t dice = random_() % 100;
    if (dice < 30) return model_.rows().size() < most_rows_ ? Insert(1 + random_() % 3) : DeleteOne();
    if (dice < 50) return model_.rows().empty() ? Insert(1) : DeleteOne();
    if (dice == 50 && random_() % 50 == 0) return Explain(index_->Retrain({}));
    return Search();
  }

  std::vector<float> Vector() {
    // Duplicates, multiples and tiny vectors are where ties and roundings are.
    if (!model_.rows().empty() && random_() % 4 == 0) {
      auto found = model_.rows().lower_bound(static_cast<RowId>(random_() % (index_->rows() + 1)));
      if (found == model_.rows().end()) found = model_.rows().begin();
      std::vector<float> copy = found->second;
      if (random_() % 2 == 0)
        for (float& value : copy) value *= 2;
      return copy;
    }
    std::vector<float> vector(spec_.dimension);
    std::normal_distribution<float> normal(random_() % 8 == 0 ? 100.F : 0.F, random_() % 8 == 0 ? 1e-3F : 1.F);
    for (float& value : vector) value = normal(random_);
    if (!CheckVector(spec_, vector)) vector[0] = 1;
    return vector;
  }

  std::string Insert(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<float> vector = Vector();
      model_.Add(store_.size(), vector);
      if (auto done = store_.Append(vector); !done) return done.error().ToString();
    }
    return Explain(index_->Insert({}, static_cast<std::uint32_t>(count)));
  }

  std::string DeleteOne() {
    auto found = model_.rows().lower_bound(static_cast<RowId>(random_() % (index_->rows() + 1)));
    if (found == model_.rows().end()) found = model_.rows().begin();
    const RowId row = found->first;
    model_.Remove(row);
    const auto gone = index_->Delete(std::span(&row, 1));
    if (!gone) return gone.error().ToString();
    return *gone == 1 && !index_->IsLive(row) ? "" : "row " + std::to_string(row) + " was not deleted";
  }

  std::string Search() {
    ++searches_;
    const std::vector<float> query = Vector();
    SearchParameters parameters{.k = static_cast<std::uint32_t>(1 + random_() % 12), .exact = random_() % 2 == 0};
    std::vector<std::uint64_t> bitmap((index_->rows() + 63) / 64);
    for (std::uint64_t& word : bitmap) word = random_();
    std::vector<RowId> list;
    const std::uint64_t kind = random_() % 3;
    // Twice each, with rows that are deleted or do not exist.
    for (const auto& [row, vector] : model_.rows())
      if (kind == 2 && row % 3 == 1) list.insert(list.end(), {row, row, row + 3, row / 6 * 3 + 1});
    if (kind == 1) parameters.filter = RowFilter::Bitmap(bitmap);
    if (kind == 2) parameters.filter = RowFilter::List(list);
    const auto expected = model_.Nearest(
        query, parameters.k, [&](RowId row) { return kind == 0 || (kind == 1 ? (bitmap[row / 64] >> row % 64 & 1) != 0 : row % 3 == 1); });
    const auto found = index_->Search({}, query, parameters);
    if (!found) return found.error().ToString();
    // Small indexes answer exactly without being asked to.
    if (found->neighbors == expected) return {};
    std::ostringstream out;
    out << "k " << parameters.k << ", filter " << kind << ", " << model_.rows().size() << " rows, by " << WireName(found->path) << ":";
    for (const Neighbor& n : found->neighbors) out << " " << n.row << "@" << n.distance;
    out << "; expected";
    for (const Neighbor& n : expected) out << " " << n.row << "@" << n.distance;
    return out.str();
  }

  static std::string Explain(const Status& status) { return status ? "" : status.error().ToString(); }

  IndexSpec spec_;
  std::mt19937_64 random_;
  std::size_t most_rows_;
  RowStore store_;
  IndexModel model_;
  std::unique_ptr<VectorIndex> index_;
  std::size_t searches_ = 0;
};

}  // namespace lakehouse::vector
