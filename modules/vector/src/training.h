#pragma once
#include <memory>
#include <span>

#include "generation.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::vector {

/// Makes a generation over rows 0 to rows - 1 of the source, those that live in its lists. kInvalidArgument as CheckVector, naming the row.
Result<std::unique_ptr<Generation>> Train(const Context& context, const Kernels& kernels, const IndexSpec& spec,
                                          const IndexOptions& options, const RowSource& source, const LiveRows& live, std::uint32_t rows);

/// CheckVector for a row of the source; cheap for one that is well.
Status CheckRow(const Kernels& kernels, const IndexSpec& spec, const RowSource& source, RowId row);

}  // namespace lakehouse::vector
