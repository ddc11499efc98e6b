#pragma once
#include <memory>
#include <vector>

#include "duck.h"
#include "lakehouse/base/result.h"
#include "lakehouse/engine/session.h"
#include "shape.h"
#include "text.h"

namespace lakehouse::engine {

/// Turns the chunks of one result into bytes. How to add a format: a class here, a line in MakeEncoder.
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// What stands before the first row.
  virtual Status Begin(Text& out) = 0;
  struct Reached {
    idx_t row = 0;      ///< the first row that was not taken
    bool full = false;  ///< because it does not fit under the limit of `out`: nothing further does
  };
  /// Appends rows [from, to) of what the shapes are bound to. May stop early once kEnough bytes wait in `out`.
  virtual Result<Reached> Append(idx_t from, idx_t to, Text& out) = 0;
  static constexpr std::size_t kEnough = 1u << 20;
  /// What stands after the last row.
  virtual Status Finish(Text& out) = 0;
};

/// For kJsonRows, kNdjson, kCsv and kArrowStream. `columns` and `shapes` stay the caller's and outlive it.
std::unique_ptr<Encoder> MakeEncoder(Format format, const std::vector<Column>& columns, const std::vector<Shape>& shapes);
std::unique_ptr<Encoder> MakeArrowEncoder(const std::vector<Column>& columns, const std::vector<Shape>& shapes);

}  // namespace lakehouse::engine
