#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/journal/journal.h"
#include "lakehouse/matrix/answers.h"
#include "lakehouse/net/request_log.h"
#include "lakehouse/net/route.h"
#include "lakehouse/net/sessions.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"
#include "lakehouse/storage/buckets.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::ui {

/// What the pages are made from: the interfaces the API is made from, and what only the process itself knows.
/// References must outlive the Ui; functions are called from several threads at once.
struct UiParts {
  catalog::Catalog& catalog;
  query::Query& query;
  query::QueryLog& queries;
  ingest::Ingest& ingest;
  journal::Journal& journal;
  vector::Vectors* vectors = nullptr;  ///< null: there is no page of them
  matrix::Matrix* matrix = nullptr;    ///< null: there is no page to ask on, and the first page is Explore
  matrix::Answers* answers = nullptr;  ///< with `matrix`
  storage::ErrorJournal& errors;
  Metrics& metrics;
  net::RequestLog& requests;
  std::function<std::string()> config_json;  ///< an array of {key, value, source, help}
  std::function<std::string()> tasks_json;
  std::function<std::string()> doctor_json;     ///< an array of {what, good, found, advice}; may take seconds; none: not offered
  std::function<std::string()> log_level = {};  ///< "info"; none: not shown
  std::function<Status(const std::string&)> set_log_level = {};  ///< until the next start. kInvalidArgument: no such level
  net::Sessions* sessions = nullptr;                             ///< none: there is no token, so nobody logs in
  std::string version;
  std::string data_path;                ///< of the primary bucket, when it is a directory of this machine
  storage::Buckets* buckets = nullptr;  ///< none: the page says nothing of buckets
  catalog::Upkeep* upkeep = nullptr;    ///< none: the page does not say when the lake was looked after
  std::function<Result<catalog::FsckReport>(const Context&)> check_lake = {};  ///< writes nothing; none: not offered
  /// What the caller's profile lets it see, another text for anything else (catalog::Sight::label): the pages keep answers apart by it.
  /// None: there are no profiles.
  std::function<Result<std::string>(const Context&)> sight_of = {};
  const Clock& clock = SystemClock();
};

/// The pages a person uses: Ask, Explore, SQL, System, Docs. Rendered here, whole without a script; every page has its state in the
/// URL and a twin for programs with ".json" appended. Thread-safe; owns one thread that samples the metrics.
class Ui {
 public:
  struct Options {
    std::uint64_t cache_bytes = 48ull << 20;   ///< of answers about immutable snapshots and of results being paged through
    std::int64_t sample_interval_ms = 15'000;  ///< between two looks at the metrics; 240 are kept
  };
  explicit Ui(UiParts parts) : Ui(std::move(parts), Options()) {}
  Ui(UiParts parts, Options options);
  ~Ui();

  /// To be mounted at the root. They refer to this, which must outlive them. `openapi` is the document /docs/api shows.
  std::vector<net::Route> Routes(const std::string& openapi);
  /// Ends the live streams, which would else be waited for. Before the server stops; for good.
  void EndStreams();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::ui
