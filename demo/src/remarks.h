#pragma once
#include <string>
#include <vector>

#include "contracts.h"
#include "fills.h"
#include "lakehouse/demo/demo.h"
#include "seeded_random.h"
#include "workers.h"

namespace lakehouse::demo {

/// What somebody once typed into a worker's record: commas, quotes and line ends included.
std::string WorkerRemark(const Worker& worker, SeededRandom& random);

/// Free text about fills, one JSON object a line: what it says agrees with how the fill ended.
std::string NotesNdjson(const DemoOptions& options, const std::vector<Worker>& workers, const std::vector<Client>& clients,
                        const std::vector<Contract>& contracts, const std::vector<Fill>& fills);

}  // namespace lakehouse::demo
