#include "service_options.h"

#include "lakehouse/base/json_writer.h"
#include "lakehouse/storage/bucket_key.h"

namespace lakehouse::app {

net::HttpServer::Options HttpOptions(const Settings& settings) {
  net::HttpServer::Options options;
  options.loop_threads = static_cast<std::size_t>(settings.Integer("http.threads"));
  options.worker_threads = static_cast<std::size_t>(settings.Integer("http.workers"));
  options.queue_capacity = static_cast<std::size_t>(settings.Integer("http.queue"));
  options.max_connections = static_cast<std::size_t>(settings.Integer("http.max_connections"));
  options.head_timeout_ms = settings.Integer("http.header_timeout");
  options.io_timeout_ms = settings.Integer("http.io_timeout");
  options.idle_timeout_ms = settings.Integer("http.idle_timeout");
  options.upload_limit = static_cast<std::uint64_t>(settings.Integer("ingest.max_upload"));
  options.allowed_hosts = settings.List("auth.allowed_hosts");
  if (!options.allowed_hosts.empty())  // names besides loopback, which the server would serve by itself without a list
    for (const char* loopback : {"localhost", "127.0.0.1", "[::1]"}) options.allowed_hosts.emplace_back(loopback);
  options.allowed_cidrs = settings.List("auth.allowed_networks");
  options.auth_required = settings.Bool("auth.required");
  return options;
}

vector::LocalVectorsOptions VectorOptions(const Settings& settings) {
  vector::LocalVectorsOptions options;
  options.build_threads = static_cast<std::uint32_t>(settings.Integer("vector.threads"));
  options.fold_bytes = static_cast<std::uint64_t>(settings.Integer("vector.fold_bytes"));
  options.fold_batches = static_cast<std::uint64_t>(settings.Integer("vector.fold_batches"));
  options.compact_rows = static_cast<std::uint32_t>(settings.Integer("vector.compact_rows"));
  options.sidecar_rows = static_cast<std::uint32_t>(settings.Integer("vector.sidecar_rows"));
  return options;
}

matrix::LocalMatrixOptions MatrixOptions(const Settings& settings) {
  return {.poll_ms = settings.Integer("corpora.poll"),
          .threads = static_cast<unsigned>(settings.Integer("vector.threads")),
          .query_timeout_ms = settings.Integer("embed.query_timeout")};
}

std::vector<embed::ProviderOptions> ProvidersOptions(const Settings& settings) {
  using enum embed::ProviderKind;
  std::vector<embed::ProviderOptions> all;
  for (const embed::ProviderKind kind : {kOllama, kOpenAi, kSidecar}) {
    const std::string prefix = "embed." + std::string(embed::WireName(kind));
    embed::ProviderOptions options;
    options.kind = kind;
    options.url = settings.Text(prefix + "_url");
    options.model = settings.Text(prefix + "_model");
    options.timeout_ms = settings.Integer("embed.timeout");
    options.batch = static_cast<std::uint32_t>(settings.Integer("embed.batch"));
    if (!options.url.empty()) all.push_back(std::move(options));
  }
  return all;
}

Result<chat::HttpChatOptions> ChatOptions(const Settings& settings) {
  const std::string provider = settings.Text("chat.provider");
  if (provider != "ollama" && provider != "openai")
    return Error(ErrorCode::kInvalidArgument, "chat.provider is \"" + provider + "\"; expected ollama, openai or nothing");
  chat::HttpChatOptions options;
  options.dialect = provider == "ollama" ? chat::ChatDialect::kOllama : chat::ChatDialect::kOpenAi;
  options.url = settings.Text("chat.url");
  if (options.url.empty()) options.url = provider == "ollama" ? "http://127.0.0.1:11434" : "https://api.openai.com/v1";
  options.model = settings.Text("chat.model");
  options.timeout_ms = settings.Integer("chat.timeout");
  return options;
}

query::LocalQuery::Options QueryOptions(const Settings& settings) {
  query::LocalQuery::Options options;
  options.timeout_ms = settings.Integer("query.timeout");
  options.max_rows = settings.Integer("query.max_rows");
  options.max_bytes = static_cast<std::uint64_t>(settings.Integer("query.max_bytes"));
  options.hot_bytes = static_cast<std::uint64_t>(settings.Integer("query.hot_cache"));
  return options;
}

ingest::IngestOptions IngestServiceOptions(const Settings& settings) {
  ingest::IngestOptions options;
  options.runners = static_cast<unsigned>(settings.Integer("ingest.runners"));
  options.queue_capacity = static_cast<unsigned>(settings.Integer("ingest.queue"));
  options.accepted_bytes = settings.Integer("ingest.accepted");
  options.job_timeout_ms = settings.Integer("ingest.timeout");
  options.rescue_after_ms = settings.Integer("storage.rescue_after");
  options.replay_interval_ms = settings.Integer("ingest.replay_interval");
  options.databases = settings.Text("ingest.databases");
  options.hosts = settings.Text("ingest.hosts");
  options.inbox = settings.Text("ingest.inbox");
  options.inbox_settle_ms = settings.Integer("ingest.inbox_settle");
  options.ocr_languages = settings.Text("ingest.ocr_languages");
  options.schedule_tick_ms = settings.Integer("ingest.schedule_tick");
  options.max_pull_bytes = settings.Integer("ingest.max_upload");
  options.compaction_interval_ms = settings.Integer("compact.interval");
  options.compaction = {.small_file_bytes = settings.Integer("compact.small_file"),
                        .small_files = settings.Integer("compact.small_files"),
                        .deleted_percent = settings.Integer("compact.deleted_percent")};
  return options;
}

catalog::LocalUpkeep::Options UpkeepOptions(const Settings& settings) {
  catalog::LocalUpkeep::Options options;
  options.scrub_bytes_per_second = settings.Integer("scrub.rate");
  options.scrub_interval_ms = settings.Integer("scrub.interval");
  options.collect_interval_ms = settings.Integer("gc.interval");
  options.keep_errors_ms = settings.Integer("errors.keep");
  options.error_logs = {"_errors/", storage::InBucket(storage::kRescueBucket, "_errors/")};
  return options;
}

std::string ConfigJson(const Settings& settings) {
  JsonWriter writer;
  writer.Open('[');
  for (const Settings::Shown& shown : settings.Show()) {
    writer.Open('{');
    for (const auto& [key, text] :
         {std::pair("key", shown.key), std::pair("value", shown.value), std::pair("source", shown.source), std::pair("help", shown.help),
          std::pair("default_value", shown.default_value), std::pair("kind", shown.kind)}) {
      writer.Key(key);
      writer.String(text);
    }
    writer.Close('}');
  }
  writer.Close(']');
  return std::move(writer).Take();
}

}  // namespace lakehouse::app
