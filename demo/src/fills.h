#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contracts.h"
#include "lakehouse/demo/demo.h"
#include "table_text.h"
#include "workers.h"

namespace lakehouse::demo {

enum class Outcome : unsigned char { kCompleted, kExtended, kInProgress, kNoShow, kQuit, kTerminated };
std::string_view OutcomeName(Outcome outcome);

/// One person sent to one order.
struct Fill {
  std::uint32_t contract = 0;
  std::uint32_t worker = 0;
  std::int64_t filled_at = 0;  ///< seconds since 1970
  std::int32_t quarter_hours = 0;
  Outcome outcome = Outcome::kCompleted;
  std::int32_t rating = 0;  ///< 1 to 5; 0: none was given
};

/// In order of time. Who goes where follows trade and state; how it ends follows the worker's quality, the shift and the pay.
std::vector<Fill> MakeFills(const DemoOptions& options, const std::vector<Worker>& workers, const std::vector<Contract>& contracts);
std::string FillsCsv(const std::vector<Fill>& fills);

}  // namespace lakehouse::demo
