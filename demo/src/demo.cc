#include "lakehouse/demo/demo.h"

#include <fcntl.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "contracts.h"
#include "fills.h"
#include "lakehouse/base/file.h"
#include "remarks.h"
#include "workers.h"

namespace lakehouse::demo {
namespace {

constexpr std::int64_t kMostWorkers = 10'000'000;

Status Write(const std::string& directory, std::string_view name, std::string_view octets) {
  const std::string path = directory + "/" + std::string(name);
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return FileError("write", path, errno);
  return WriteAll(file.get(), octets, path);
}

}  // namespace

std::vector<DemoDataset> DemoDatasets() {
  return {{"clients", "clients.csv", "client_id"},
          {"contracts", "contracts.csv", "contract_id"},
          {"notes", "notes.ndjson", "note_id"},
          {"fills", "fills.csv", "fill_id"},
          {"workers", "workers.csv", "worker_id"}};
}

std::vector<DemoCorpus> DemoCorpora() {
  return {{.name = "conversations",
           .dataset = "notes",
           .id_column = "note_id",
           .text_columns = {"text"},
           .filter_columns = {"kind", "author", "worker_id", "contract_id"},
           .question = "Who is strict about steel-toe boots?"}};
}

std::vector<DemoQuestion> DemoQuestions() {
  return {
      {"Which roles do we leave unfilled?",
       "SELECT c.role, sum(c.headcount)::BIGINT AS ordered, sum(f.people)::BIGINT AS filled,\n"
       "       round(100.0 * sum(f.people) / sum(c.headcount), 1) AS "
       "percent\n"
       "FROM contracts c\n"
       "JOIN (SELECT contract_id, count(*) AS people FROM fills WHERE outcome IN ('completed', 'extended', 'in progress') GROUP BY "
       "contract_id) f\n"
       "  ON f.contract_id = c.contract_id\n"
       "GROUP BY c.role ORDER BY percent LIMIT 5"},
      {"Who can drive a forklift in Ohio tonight?",
       "SELECT worker_id, first_name, last_name, city, hourly_rate, rating\n"
       "FROM workers\n"
       "WHERE role = 'Forklift Operator' AND state = 'OH' AND status = 'active' AND shift_preference IN ('nights', 'any')\n"
       "  AND certifications LIKE '%Forklift Certification%'\n"
       "ORDER BY TRY_CAST(rating AS DOUBLE) DESC NULLS LAST, worker_id LIMIT 5"},
      {"Whose people do not show up?",
       "SELECT cl.name, count(*) AS sent, round(100.0 * count(*) FILTER (WHERE f.outcome = 'no-show') / count(*), 1) AS no_show_percent\n"
       "FROM fills f JOIN contracts c ON c.contract_id = f.contract_id JOIN clients cl ON cl.client_id = c.client_id\n"
       "GROUP BY cl.name HAVING count(*) >= 200 ORDER BY no_show_percent DESC, cl.name LIMIT 5"},
  };
}

Status GenerateDemo(const std::string& directory, const DemoOptions& options) {
  if (options.workers < 1 || options.workers > kMostWorkers) {
    return Error(ErrorCode::kInvalidArgument,
                 "generate demo: workers is " + std::to_string(options.workers) + ", expected 1 to 10,000,000");
  }
  LH_TRY(CreateDirectories(directory));
  const std::vector<Worker> workers = MakeWorkers(options);
  LH_TRY(Write(directory, "workers.csv", WorkersCsv(options, workers)));
  const std::vector<Client> clients = MakeClients(options);
  LH_TRY(Write(directory, "clients.csv", ClientsCsv(options, clients)));
  const std::vector<Contract> contracts = MakeContracts(options, clients);
  LH_TRY(Write(directory, "contracts.csv", ContractsCsv(options, contracts)));
  const std::vector<Fill> fills = MakeFills(options, workers, contracts);
  LH_TRY(Write(directory, "fills.csv", FillsCsv(fills)));
  LH_TRY(Write(directory, "notes.ndjson", NotesNdjson(options, workers, clients, contracts, fills)));
  return Ok{};
}

}  // namespace lakehouse::demo
