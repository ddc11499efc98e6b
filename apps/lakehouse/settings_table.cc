#include "settings_table.h"

namespace lakehouse::app {

std::span<const Setting> SettingsTable() {
  using enum SettingKind;
  constexpr std::int64_t kMiB = 1 << 20;
  static constexpr Setting kTable[] = {
      {"listen", kText, "127.0.0.1:3110",
       "Address and port of HTTP; port 0 takes a free one. Anything but loopback needs a token in LAKEHOUSE_SECRET_AUTH_TOKEN."},
      {"data", kText, "lakehouse-data", "The lake: a directory, or s3://bucket/prefix."},
      {"state", kText, "lakehouse-state",
       "This machine's cache, spool, workers, keys and uploads that were accepted and are not loaded yet."},
      {"secrets_file", kText, "",
       "File of mode 0600 with lines name = value; LAKEHOUSE_SECRET_<NAME> in the environment goes before it. Names: storage.access_key, "
       "storage.secret_key, storage.session_token; the same of storage.rescue and of bucket.<name>; embed.ollama.key, embed.openai.key, "
       "embed.sidecar.key, chat.key; source.<name>: the password of a database."},
      {"log.level", kText, "info", "debug, info, warning or error."},

      {"storage.endpoint", kText, "", "S3 server: http(s)://host:port; empty: Amazon's of the region."},
      {"storage.region", kText, "us-east-1", "S3 region that requests are signed for."},
      {"storage.style", kText, "path", "Where the bucket's name stands: path (host/bucket/key) or virtual (bucket.host/key)."},
      {"storage.ca_file", kText, "", "Certificates that may vouch for the S3 server; empty: the system's."},
      {"storage.single_writer", kBool, "false",
       "Take an S3 server that enforces no conditional writes: then exactly one process may ever write to the lake, or data is lost."},
      {"storage.buckets", kList, "",
       "Directories below which buckets may be made at run time; the first is where they go by themselves. Empty: <data>-buckets."},
      {"storage.rescue", kText, "",
       "Takes what primary cannot: a directory on another disk, or s3://bucket/prefix. Empty: an upload that primary cannot take is "
       "refused."},
      {"storage.rescue_after", kDurationMs, "30s",
       "A store gets this long for a file, and a second more per MiB, before rescue takes the upload.", 100, 3600000},
      {"storage.rescue_endpoint", kText, "", "S3 server of storage.rescue."},
      {"storage.rescue_region", kText, "us-east-1", "S3 region of storage.rescue."},
      {"storage.rescue_style", kText, "path", "path or virtual, of storage.rescue."},

      {"auth.required", kBool, "false", "Ask for a token on loopback too."},
      {"auth.allowed_hosts", kList, "", "Names besides loopback that the Host header may hold."},
      {"auth.allowed_networks", kList, "", "CIDR blocks that may connect; empty: all."},

      {"http.threads", kInteger, "2", "Threads that read and write sockets.", 1, 64},
      {"http.workers", kInteger, "16", "Requests that are worked on at once.", 1, 1024},
      {"http.queue", kInteger, "256", "Requests that wait for a worker; over it 503.", 1, 100000},
      {"http.max_connections", kInteger, "2048", "Open connections; over it new ones are refused.", 8, 100000},
      {"http.header_timeout", kDurationMs, "10s", "Until the whole head of a request has come.", 100, 600000},
      {"http.io_timeout", kDurationMs, "15s",
       "A client that neither sends nor takes anything for so long is cut; it must also manage 16 KiB/s on average.", 100, 600000},
      {"http.idle_timeout", kDurationMs, "60s", "A kept connection without a request.", 100, 3600000},

      {"catalog.checkpoint_records", kInteger, "1000",
       "Commit records after which a checkpoint is written: a start reads no more than these.", 1, 1000000},

      {"gc.grace", kDurationMs, "1h", "A version that was the head of its dataset so lately may still be read: it expires later.", 0,
       31536000000},
      {"gc.interval", kDurationMs, "24h",
       "Garbage is collected so often, and logs of errors are packed; 0: only when asked. Versions go by retention alone.", 0, 31536000000},
      {"errors.keep", kDurationMs, "720h", "Errors that are older leave the lake when garbage is collected; 0: none does.", 0,
       315360000000},
      {"scrub.rate", kSizeBytes, "8MiB",
       "Octets per second that the scrubber reads of the lake, comparing each object with its digest; 0: only when asked.", 0},
      {"scrub.interval", kDurationMs, "24h", "From the end of one scrub to the beginning of the next.", 1000, 31536000000},

      {"query.workers", kInteger, "2", "Jailed processes that run SQL at once.", 1, 64},
      {"query.queue", kInteger, "128", "Queries that wait for a worker; over it 503.", 1, 10000},
      {"query.timeout", kDurationMs, "30s", "A query that runs longer is stopped.", 100, 86400000},
      {"query.memory", kSizeBytes, "1GiB", "DuckDB's memory limit in each worker.", 64 * kMiB},
      {"query.address_space", kSizeBytes, "4GiB", "Hard limit of each worker's address space.", 512 * kMiB},
      {"query.spill", kSizeBytes, "4GiB", "Disk that one worker may spill to.", 0},
      {"query.max_rows", kInteger, "100000000", "Rows of one result; the answer says when it was cut.", 1},
      {"query.max_bytes", kSizeBytes, "8GiB", "Octets of one result.", kMiB},
      {"query.hot_cache", kSizeBytes, "16GiB", "Disk for datasets that are kept hot as native files; 0: none can be.", 0},

      {"ingest.runners", kInteger, "2", "Files that are parsed at once.", 1, 64},
      {"ingest.queue", kInteger, "1000", "Jobs that wait; over it 503. Half of them may be one caller's; over that 429.", 1, 100000},
      {"ingest.accepted", kSizeBytes, "64GiB", "Disk for uploads that were answered 202 and are not loaded yet; over it 503.", kMiB},
      {"ingest.max_upload", kSizeBytes, "4GiB", "Largest upload.", kMiB},
      {"ingest.replay_interval", kDurationMs, "2s", "Between two looks at uploads that wait in the rescue bucket.", 10, 3600000},
      {"ingest.databases", kText, "",
       "Hosts of databases that tables may be read from, with commas: localhost, db.corp, 10.0.0.5:5433; * is all; empty: none."},
      {"ingest.hosts", kText, "",
       "Hosts that files may be pulled from over HTTP, as ingest.databases; a private address has to be named itself; empty: none."},
      {"ingest.inbox", kText, "", "Directory whose folders schedules may watch; empty: none."},
      {"ingest.inbox_settle", kDurationMs, "5s", "A file of the inbox that nobody has written to for so long is taken.", 1, 3600000},
      {"ingest.ocr_languages", kText, "eng", "Languages of scanned pages, which tesseract reads: eng+deu; empty: they are not read."},
      {"ingest.schedule_tick", kDurationMs, "1s", "Between two looks for schedules whose time has come; 0: they run only when asked.", 0,
       3600000},
      {"ingest.timeout", kDurationMs, "1h", "A job that runs longer fails.", 1000, 86400000},

      {"compact.interval", kDurationMs, "5m",
       "How often datasets that changed are looked at: those with many small files or deleted rows are compacted.", 1000, 31536000000},
      {"compact.small_files", kInteger, "16", "So many small files of a dataset are joined; 0: only when asked.", 0, 1000000},
      {"compact.small_file", kSizeBytes, "32MiB", "A file below this is small.", 1},
      {"compact.deleted_percent", kInteger, "20", "Share of deleted rows from which files are rewritten without them; 0: only when asked.",
       0, 100},
      {"vector.threads", kInteger, "2", "Threads of one training.", 1, 64},
      {"vector.fold_bytes", kSizeBytes, "32MiB", "Octets in the log of an index at which they are written as a generation.", 1024},
      {"vector.fold_batches", kInteger, "2000", "Batches in the log of an index at which they are written as a generation.", 1, 1000000},
      {"vector.compact_rows", kInteger, "10000", "An index of fewer rows is not rewritten for what is dead in it.", 1, 1000000000},
      {"vector.sidecar_rows", kInteger, "2000", "An index of fewer rows is not saved but built at the start.", 1, 1000000000},

      {"corpora.poll", kDurationMs, "1s", "Between two looks at whether the datasets of corpora have changed.", 10, 3600000},

      {"embed.ollama_url", kText, "", "Ollama, as http://127.0.0.1:11434; empty: none. Corpora use it with \"embedder\":\"ollama\"."},
      {"embed.ollama_model", kText, "nomic-embed-text", "Its model."},
      {"embed.openai_url", kText, "", "A server that speaks as OpenAI's does, up to its /v1, as https://api.openai.com/v1; empty: none."},
      {"embed.openai_model", kText, "text-embedding-3-small", "Its model."},
      {"embed.sidecar_url", kText, "", "The service of sidecar/, or the /v1 of another Lakehouse; empty: none."},
      {"embed.sidecar_model", kText, "all-MiniLM-L6-v2", "Its model."},
      {"embed.timeout", kDurationMs, "30s", "One call of an embedding provider.", 10, 3600000},
      {"embed.query_timeout", kDurationMs, "3s", "A search waits so long for the vector of its question; then it goes by words alone.", 10,
       600000},
      {"embed.batch", kInteger, "64", "Texts of one call of an embedding provider.", 1, 2048},
      {"embed.cache", kSizeBytes, "256MiB", "Disk for vectors that providers have made; 0: none are kept.", 0},
      {"chat.provider", kText, "",
       "Who words answers: ollama or openai (any server of that dialect); empty: nobody, answers are sentences of the documents."},
      {"chat.url", kText, "", "Where it is: http://127.0.0.1:11434 when empty for ollama, https://api.openai.com/v1 for openai."},
      {"chat.model", kText, "", "Which of its models."},
      {"chat.timeout", kDurationMs, "60s", "A reply that takes longer is given up; the documents answer then.", 100, 3600000},

      {"services.storaged", kText, "local", "local, or the URL of another daemon."},
      {"services.catalogd", kText, "local", "local, or the URL of another daemon."},
      {"services.ingestd", kText, "local", "local, or the URL of another daemon."},
      {"services.queryd", kText, "local", "local, or the URL of another daemon."},
      {"services.journald", kText, "local", "local, or the URL of another daemon."},
      {"services.vectord", kText, "local", "local, or the URL of another daemon."},
      {"services.writer", kText, "",
       "URL of the process that writes this lake when this one does not: changes go there. Both need the same internal.key in their state. "
       "Empty: they are refused."},
      {"services.encode_calls", kBool, "false",
       "Encode and decode every call between services of one process, as if they were apart: for tests."},
  };
  return kTable;
}

}  // namespace lakehouse::app
