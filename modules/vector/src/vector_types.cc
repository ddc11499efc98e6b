#include "lakehouse/vector/vector_types.h"

#include "lakehouse/vector/vector_index.h"

namespace lakehouse::vector {

std::string_view WireName(Metric metric) {
  switch (metric) {
    case Metric::kCosine: return "cosine";
    case Metric::kInnerProduct: return "dot";
    case Metric::kEuclidean: return "euclidean";
  }
  return {};
}

std::optional<Metric> ParseMetric(std::string_view name) {
  if (name == "cosine") return Metric::kCosine;
  if (name == "dot" || name == "ip" || name == "inner_product") return Metric::kInnerProduct;
  if (name == "euclidean" || name == "l2") return Metric::kEuclidean;
  return std::nullopt;
}

std::string_view WireName(SearchPath path) {
  switch (path) {
    case SearchPath::kEmpty: return "empty";
    case SearchPath::kRows: return "rows";
    case SearchPath::kCodes: return "codes";
    case SearchPath::kCandidates: return "candidates";
    case SearchPath::kLists: return "lists";
    case SearchPath::kAllLists: return "all_lists";
  }
  return {};
}

std::string_view WireName(IndexMode mode) {
  switch (mode) {
    case IndexMode::kScan: return "scan";
    case IndexMode::kFlat: return "flat";
    case IndexMode::kInverted: return "inverted";
  }
  return {};
}

std::string_view WireName(RetrainReason reason) {
  switch (reason) {
    case RetrainReason::kNone: return "none";
    case RetrainReason::kScanMode: return "scan_mode";
    case RetrainReason::kGrown: return "grown";
    case RetrainReason::kDeletions: return "deletions";
    case RetrainReason::kShifted: return "shifted";
    case RetrainReason::kLowRecall: return "low_recall";
  }
  return {};
}

}  // namespace lakehouse::vector
