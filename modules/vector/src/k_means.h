#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "centroids.h"
#include "code_space.h"
#include "generation.h"
#include "lakehouse/base/context.h"

namespace lakehouse::vector {

inline constexpr std::uint32_t kSamplesPerList = 64;

/// Lists for this many rows: one while a scan of all 1-bit codes costs no more than finding the right lists, then rising a little faster
/// than the root (512 at 100,000, 2,048 at a million, as measured best).
std::uint32_t ListsFor(std::uint32_t rows);

/// Gives a row's octets and terms.
using CodeOf = std::function<std::pair<const std::uint8_t*, const RowTerms*>(RowId row)>;

/// Six rounds of Lloyd's algorithm over the sample, begun at its first rows; a centre that attracts next to nothing moves into the most
/// crowded list. Every sum has a fixed order, so that the number of threads does not matter. Leaves the centroids sealed.
Status RunKMeans(const Context& context, std::uint32_t threads, const CodeSpace& space, std::span<const RowId> sample,
                 const CodeOf& code_of, std::vector<SearchScratch>& scratch, Centroids& centroids);

}  // namespace lakehouse::vector
