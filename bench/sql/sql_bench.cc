// Our SQL over HTTP beside the DuckDB library on the same Parquet files, taking turns, so that a noisy machine slows all alike.
// Prints one JSON line per query: milliseconds (median, minimum) of ours and of each peer.
//   sql_bench generate ROWS FILE.csv               the data, from a seed
//   sql_bench run HOST PORT PARQUET_GLOB [SHARE]   needs the dataset `bench` made from it; SHARE of the usual runs, 1 without it
//   sql_bench copy FILE.csv OUT.parquet            the library's own CSV to Parquet; prints seconds
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "client.h"
#include "library.h"

namespace {

using namespace lakehouse::bench;

double NowMs() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// One way to run a query, and how long it took.
struct Way {
  std::string name;
  std::function<void()> run;
  std::vector<double> ms;

  void Measure() {
    const double start = NowMs();
    run();
    ms.push_back(NowMs() - start);
  }
  std::string Json() {
    std::sort(ms.begin(), ms.end());
    char text[256];
    std::snprintf(text, sizeof text, R"({"name":"%s","median_ms":%.4f,"min_ms":%.4f})", name.c_str(), ms[ms.size() / 2], ms.front());
    return text;
  }
};

void Generate(const std::string& rows, const std::string& path) {
  Library library;
  library.Run("SELECT setseed(0.42)");
  library.Run(
      "COPY (SELECT i AS id, 'W-' || lpad(CAST(i AS VARCHAR), 8, '0') AS code, "
      "['forklift','welder','nurse','picker','driver','cook','clerk','electrician'][1 + CAST(floor(random() * 8) AS INT)] AS role, "
      "['IL','IN','WI','MI','OH'][1 + CAST(floor(random() * 5) AS INT)] AS state, CAST(floor(random() * 500) AS INT) AS site_id, "
      "round(15 + random() * 40, 2) AS rate, DATE '2020-01-01' + CAST(floor(random() * 2000) AS INT) AS hired, "
      "random() < 0.7 AS active, md5(CAST(i AS VARCHAR)) AS note, CAST(floor(random() * 1000000) AS BIGINT) AS score "
      "FROM range(" +
      rows + ") t(i)) TO '" + path + "' (HEADER)");
}

constexpr const char* kJson = "application/json";
constexpr const char* kArrow = "application/vnd.apache.arrow.stream";
const std::string kScan = "SELECT id, code, role, state, rate, hired, note, score FROM bench";
const std::string kScanAsJson = "SELECT json_array(id, code, role, state, rate, hired, note, score) FROM bench";

struct Case {
  const char* name;
  std::string sql;
  int runs;
};

std::vector<Case> ShortQueries() {
  return {
      {"select 1", "SELECT 1", 300},
      {"point lookup", "SELECT id, code, role, state, rate FROM bench WHERE id = 123456", 200},
      {"filter and aggregate",
       "SELECT role, count(*), avg(rate), max(score) FROM bench WHERE state = 'IL' AND active GROUP BY role ORDER BY role", 40},
      {"join", "SELECT a.state, count(*) FROM bench a JOIN bench b ON a.score = b.id WHERE b.active GROUP BY a.state ORDER BY a.state", 20},
      {"text filter", "SELECT count(*) FROM bench WHERE note LIKE '%abc%'", 30},
      {"wide aggregate", "SELECT site_id, role, count(*), sum(rate), min(hired), max(hired) FROM bench GROUP BY ALL ORDER BY ALL LIMIT 100",
       20},
  };
}

/// Ours first, then its peers; each once to warm up, then all in turn.
void Race(const std::string& query, int runs, std::vector<Way> ways) {
  for (Way& way : ways) way.run();
  for (int run = 0; run < runs; ++run)
    for (Way& way : ways) way.Measure();
  std::printf(R"({"query":"%s","ways":[)", query.c_str());
  for (std::size_t i = 0; i < ways.size(); ++i) std::printf("%s%s", i == 0 ? "" : ",", ways[i].Json().c_str());
  std::printf("]}\n");
  std::fflush(stdout);
}

void Compare(const char* host, int port, const std::string& glob, double share) {
  const std::string view = "CREATE VIEW bench AS FROM read_parquet('" + glob + "')";
  Library library;
  library.Run(view);
  LibraryServer server(view);
  Client client(host, port);
  const auto times = [share](int runs) { return std::max(3, static_cast<int>(runs * share)); };
  for (const Case& test : ShortQueries())
    Race(test.name, times(test.runs),
         {{"ours", [&] { client.Run(test.sql, kJson); }, {}}, {"the library, fetched", [&] { library.Run(test.sql); }, {}}});
  Race("full scan to JSON", times(7),
       {{"ours", [&] { client.Run(kScan, kJson); }, {}},
        {"the library's rows as JSON over a loopback socket", [&] { server.Run('J', kScanAsJson); }, {}},
        {"the library's COPY (FORMAT json) to /dev/null", [&] { library.Run("COPY (" + kScan + ") TO '/dev/null' (FORMAT json)"); }, {}},
        {"the library, fetched and dropped", [&] { library.Run(kScan); }, {}}});
  Race("full scan to Arrow", times(7),
       {{"ours", [&] { client.Run(kScan, kArrow); }, {}},
        {"the library's Arrow arrays over a loopback socket", [&] { server.Run('A', kScan); }, {}},
        {"the library, fetched and dropped", [&] { library.Run(kScan); }, {}}});
}

void Copy(const std::string& csv, const std::string& parquet) {
  Library library;
  const double start = NowMs();
  library.Run("COPY (SELECT * FROM read_csv('" + csv + "', sample_size=-1)) TO '" + parquet +
              "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)");
  std::printf("%.3f\n", (NowMs() - start) / 1000);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 3 && arguments[0] == "generate")
    Generate(arguments[1], arguments[2]);
  else if ((arguments.size() == 4 || arguments.size() == 5) && arguments[0] == "run")
    Compare(argv[2], std::atoi(argv[3]), arguments[3], arguments.size() == 5 ? std::atof(argv[5]) : 1);
  else if (arguments.size() == 3 && arguments[0] == "copy")
    Copy(arguments[1], arguments[2]);
  else
    Fail("usage: sql_bench generate ROWS FILE.csv | run HOST PORT GLOB [SHARE] | copy FILE.csv OUT.parquet");
}
