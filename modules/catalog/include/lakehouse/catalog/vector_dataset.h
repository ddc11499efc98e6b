#pragma once
#include <map>
#include <string>

namespace lakehouse::catalog {

/// A dataset with this attribute holds the embeddings of a vector index, which is the only one to change its files: what searches
/// look at are row numbers in them. docs/formats/vector-batch.md.
inline constexpr const char* kVectorLifeAttribute = "vector.life";
/// Stands in the summary of a snapshot that is a generation of such an index; others change attributes only.
inline constexpr const char* kGenerationSummary = "log_sequence";

inline bool IsVectorDataset(const std::map<std::string, std::string>& attributes) { return attributes.contains(kVectorLifeAttribute); }

}  // namespace lakehouse::catalog
