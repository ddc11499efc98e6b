#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/demo/demo.h"
#include "table_text.h"

namespace lakehouse::demo {

enum class WorkerStatus : unsigned char { kActive, kPlaced, kOnLeave, kInactive, kDoNotReturn };

/// What is true of a person, before the dirt of the table. Numbers are positions in the lists of names.h, trades.h, places.h.
struct Worker {
  std::uint16_t given_name = 0;
  std::uint16_t family_name = 0;
  std::uint16_t trade = 0;
  std::uint16_t place = 0;
  std::int32_t quality = 0;  ///< 0 to 100: how well placements go; never written, but ratings and outcomes follow it
  std::int32_t hourly_cents = 0;
  Day hired = 0;
  Day last_active = 0;
  WorkerStatus status = WorkerStatus::kActive;
};

std::string WorkerId(std::size_t index);
std::vector<Worker> MakeWorkers(const DemoOptions& options);
std::string WorkersCsv(const DemoOptions& options, const std::vector<Worker>& workers);

}  // namespace lakehouse::demo
