// Our SQL over HTTP beside the DuckDB library on the same Parquet files, in one process and taking turns, so that a noisy
// machine slows both alike. Prints one line per query: milliseconds of both (median, minimum) and their ratio or difference.
//   sql_bench generate ROWS FILE.csv          the data, from a seed
//   sql_bench run HOST PORT PARQUET_GLOB      needs the dataset `bench` made from it
//   sql_bench copy FILE.csv OUT.parquet       the library's own CSV to Parquet; prints seconds
#include <arpa/inet.h>
#include <duckdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "sql_bench: %s\n", what.c_str());
  std::exit(1);
}

double NowMs() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The peer: one DuckDB instance as its users would open it, 2 threads.
class Library {
 public:
  Library() {
    if (duckdb_open(nullptr, &database_) == DuckDBError || duckdb_connect(database_, &connection_) == DuckDBError)
      Fail("cannot open DuckDB");
    Run("SET threads=2");
  }
  ~Library() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  /// Runs and fetches everything; the number of rows.
  idx_t Run(const std::string& sql) {
    duckdb_result result{};
    if (duckdb_query(connection_, sql.c_str(), &result) == DuckDBError) Fail(sql + ": " + duckdb_result_error(&result));
    idx_t rows = 0;
    for (duckdb_data_chunk chunk; (chunk = duckdb_fetch_chunk(result)) != nullptr; duckdb_destroy_data_chunk(&chunk))
      rows += duckdb_data_chunk_get_size(chunk);
    duckdb_destroy_result(&result);
    return rows;
  }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

/// A kept connection that posts statements and reads whole answers, no more: the client must not be what is measured.
class Client {
 public:
  Client(const char* host, int port) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, host, &address.sin_addr);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Fail("cannot connect");
  }
  ~Client() { close(socket_); }

  /// Octets of the answer.
  std::size_t Run(const std::string& sql, const char* accept) {
    const std::string request =
        "POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\nAccept: " + std::string(accept) +
        "\r\nContent-Length: " + std::to_string(sql.size()) + "\r\n\r\n" + sql;
    if (send(socket_, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) Fail("cannot send");
    return ReadAnswer(sql);
  }

 private:
  void More() {
    buffer_.resize(std::max<std::size_t>(buffer_.size(), 1 << 20));
    const ssize_t count = recv(socket_, buffer_.data() + end_, buffer_.size() - end_, 0);
    if (count <= 0) Fail("the server closed the connection");
    end_ += static_cast<std::size_t>(count);
  }
  void Compact() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  std::string Line() {
    for (;;) {
      const std::string_view seen(buffer_.data() + begin_, end_ - begin_);
      if (const auto at = seen.find("\r\n"); at != std::string_view::npos) {
        std::string line(seen.substr(0, at));
        begin_ += at + 2;
        return line;
      }
      Compact();
      More();
    }
  }
  void Skip(std::size_t count) {
    while (count > 0) {
      if (begin_ == end_) begin_ = end_ = 0, More();
      const std::size_t part = std::min(count, end_ - begin_);
      begin_ += part;
      count -= part;
    }
  }
  std::size_t ReadAnswer(const std::string& sql) {
    const std::string status = Line();
    if (status.find(" 200") == std::string::npos) Fail(sql + ": " + status + "\n" + std::string(buffer_.data() + begin_, end_ - begin_));
    std::size_t length = 0;
    bool chunked = false;
    for (std::string line = Line(); !line.empty(); line = Line()) {
      if (strncasecmp(line.c_str(), "content-length:", 15) == 0) length = std::strtoull(line.c_str() + 15, nullptr, 10);
      if (strncasecmp(line.c_str(), "transfer-encoding:", 18) == 0) chunked = true;
    }
    if (!chunked) return Skip(length), length;
    std::size_t total = 0;
    for (;;) {
      const std::size_t size = std::strtoull(Line().c_str(), nullptr, 16);
      Skip(size);
      Line();
      if (size == 0) return total;
      total += size;
    }
  }

  int socket_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

struct Times {
  std::vector<double> ms;
  double median() {
    std::sort(ms.begin(), ms.end());
    return ms[ms.size() / 2];
  }
  double minimum() { return *std::min_element(ms.begin(), ms.end()); }
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

void Compare(const char* host, int port, const std::string& glob) {
  Library library;
  library.Run("CREATE VIEW bench AS FROM read_parquet('" + glob + "')");
  library.Run("CREATE VIEW sites AS SELECT DISTINCT site_id, 'site ' || site_id AS name FROM bench");
  Client client(host, port);
  struct Case {
    const char* name;
    const char* sql;
    const char* accept;
    int runs;
  };
  constexpr const char* kJson = "application/json";
  const Case cases[] = {
      {"select 1", "SELECT 1", kJson, 300},
      {"point lookup", "SELECT id, code, role, state, rate FROM bench WHERE id = 123456", kJson, 200},
      {"filter and aggregate",
       "SELECT role, count(*), avg(rate), max(score) FROM bench WHERE state = 'IL' AND active GROUP BY role ORDER BY role", kJson, 40},
      {"join", "SELECT a.state, count(*) FROM bench a JOIN bench b ON a.score = b.id WHERE b.active GROUP BY a.state ORDER BY a.state",
       kJson, 20},
      {"text filter", "SELECT count(*) FROM bench WHERE note LIKE '%abc%'", kJson, 30},
      {"wide aggregate", "SELECT site_id, role, count(*), sum(rate), min(hired), max(hired) FROM bench GROUP BY ALL ORDER BY ALL LIMIT 100",
       kJson, 20},
      {"full scan to JSON", "SELECT id, code, role, rate, hired FROM bench", kJson, 5},
      {"full scan to Arrow", "SELECT id, code, role, rate, hired FROM bench", "application/vnd.apache.arrow.stream", 5},
  };
  std::printf("%-22s %24s %24s %8s %10s\n", "query", "ours ms (median, min)", "library ms (median, min)", "ratio", "added ms");
  for (const Case& test : cases) {
    Times ours, theirs;
    client.Run(test.sql, test.accept);
    library.Run(test.sql);
    for (int run = 0; run < test.runs; ++run) {
      double start = NowMs();
      client.Run(test.sql, test.accept);
      ours.ms.push_back(NowMs() - start);
      start = NowMs();
      library.Run(test.sql);
      theirs.ms.push_back(NowMs() - start);
    }
    std::printf("%-22s %13.2f %10.2f %13.2f %10.2f %8.2f %10.2f\n", test.name, ours.median(), ours.minimum(), theirs.median(),
                theirs.minimum(), ours.median() / theirs.median(), ours.median() - theirs.median());
    std::fflush(stdout);
  }
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
  else if (arguments.size() == 4 && arguments[0] == "run")
    Compare(argv[2], std::atoi(argv[3]), arguments[3]);
  else if (arguments.size() == 3 && arguments[0] == "copy")
    Copy(arguments[1], arguments[2]);
  else
    Fail("usage: sql_bench generate ROWS FILE.csv | run HOST PORT GLOB | copy FILE.csv OUT.parquet");
}
