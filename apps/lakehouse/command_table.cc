#include "command_table.h"

namespace lakehouse::app {
namespace {

using enum ValueKind;

constexpr std::string_view kResultFormats = "table csv json ndjson arrow parquet";

#define LH_SETTINGS_FLAGS                                                                                                                \
  {"--config", kFile, "FILE", "TOML file with settings", {}, "LAKEHOUSE_CONFIG"},                                                        \
      {"--data", kDirectory, "PLACE", "the lake: a directory (default ./lakehouse-data) or s3://bucket/prefix", {}, "LAKEHOUSE_DATA"},   \
      {"--state", kDirectory, "DIRECTORY", "this machine's cache, spool and keys (default ./lakehouse-state)", {}, "LAKEHOUSE_STATE"}, { \
    "--set", kSetting, "KEY=VALUE", "any setting, as in lakehouse config show", {}, {}, true                                             \
  }
#define LH_LISTEN_FLAG \
  {"--listen", kText, "HOST:PORT", "where HTTP is served (default 127.0.0.1:3110; port 0: a free one)", {}, "LAKEHOUSE_LISTEN"}
#define LH_SERVER_FLAGS                                                                             \
  {"--server", kText, "URL", "the server (default http://127.0.0.1:3110)", {}, "LAKEHOUSE_SERVER"}, \
      {"--token-file", kFile, "FILE", "file of mode 0600 that holds the bearer token", {}, "LAKEHOUSE_TOKEN_FILE"}

constexpr FlagSpec kUpFlags[] = {
    {"--demo", kNone, {}, "load the generated staffing data when the lake is empty"}, LH_LISTEN_FLAG, LH_SETTINGS_FLAGS};
constexpr FlagSpec kServeFlags[] = {LH_LISTEN_FLAG, LH_SETTINGS_FLAGS};
constexpr FlagSpec kIngestFlags[] = {
    {"--name", kDataset, "DATASET", "the dataset (default: after each file)"},
    {"--mode", kChoice, "MODE", "auto (create, else append), create, append, replace or upsert", "auto create append replace upsert"},
    {"--key", kText, "COLUMN", "column that identifies a row, for upsert"},
    {"--nested", kChoice, "HOW", "of JSON: flatten (members become columns; the default) or keep (objects are STRUCTs)", "flatten keep"},
    {"--table", kText, "TABLE", "of a database: orders or sales.orders"},
    {"--password-secret", kText, "NAME", "secret of the server that holds the database's password: source.hr"},
    {"--incremental", kText, "COLUMN", "of a database: read what is above what came before in a column that only grows"},
    LH_SERVER_FLAGS};
constexpr FlagSpec kSqlFlags[] = {
    {"--format", kChoice, "FORMAT", "table, csv, json, ndjson, arrow or parquet (default table)", kResultFormats},
    {"--output", kFile, "FILE", "write results there instead of standard output"},
    LH_SERVER_FLAGS};
constexpr FlagSpec kDatasetsFlags[] = {{"--names", kNone, {}, "names alone, one a line"}, LH_SERVER_FLAGS};
constexpr FlagSpec kGcFlags[] = {{"--run", kNone, {}, "remove them"}, LH_SERVER_FLAGS};
constexpr FlagSpec kFsckFlags[] = {
    {"--level", kChoice, "LEVEL", "quick (log, manifests, lengths) or full (every byte; the default)", "quick full"},
    {"--repair", kNone, {}, "make derived objects anew that are damaged, after saying which; never data"},
    {"--json", kNone, {}, "for programs"},
    LH_SETTINGS_FLAGS};
constexpr FlagSpec kCompactFlags[] = {LH_SERVER_FLAGS};
constexpr FlagSpec kRulesFlags[] = {
    {"--drift", kChoice, "POLICY", "files with other columns: refuse them, add columns, widen types, or any of both",
     "refuse add widen any"},
    {"--expect", kFile, "FILE", "what is expected of rows: TOML, tables [[expect]]"},
    LH_SERVER_FLAGS};
constexpr FlagSpec kBackupFlags[] = {
    {"--to", kDirectory, "PLACE", "a directory or s3://bucket/prefix: empty, or an earlier backup of the same lake"},
    {"--verify", kNone, {}, "read everything back, also what was there already"},
    {"--prune", kNone, {}, "remove what the lake has collected since"},
    LH_SETTINGS_FLAGS};
constexpr FlagSpec kRestoreFlags[] = {{"--from", kDirectory, "PLACE", "the backup"},
                                      {"--to", kDirectory, "PLACE", "an empty directory or s3://bucket/prefix"},
                                      LH_SETTINGS_FLAGS};
constexpr FlagSpec kEvalFlags[] = {{"--qrels", kFile, "FILE", "judgements: query, 0, document, grade (TREC), or without the 0 (BEIR)"},
                                   {"--baseline", kFile, "FILE", "another run, to be compared with query by query"}};
constexpr FlagSpec kEvalRagFlags[] = {{"--corpus", kText, "NAME", "the corpus that is asked"},
                                      {"--passages", kText, "N", "that each answer reads, 1 to 20 (default 5)"},
                                      LH_SERVER_FLAGS};
constexpr FlagSpec kRagTuneFlags[] = {{"--corpus", kText, "NAME", "the corpus that is searched"}, LH_SERVER_FLAGS};
constexpr FlagSpec kDoctorFlags[] = {{"--json", kNone, {}, "for programs"}, LH_SETTINGS_FLAGS};
constexpr FlagSpec kConfigFlags[] = {LH_LISTEN_FLAG, LH_SETTINGS_FLAGS};

constexpr ExampleSpec kUpExamples[] = {{"lakehouse up --demo", "start with the demo data"},
                                       {"lakehouse up --data /srv/lake --listen 127.0.0.1:4000", "another lake on another port"}};
constexpr ExampleSpec kServeExamples[] = {
    {"lakehouse serve catalogd --set services.storaged=http://127.0.0.1:3211", "the catalog alone, beside a storaged that runs already"}};
constexpr ExampleSpec kIngestExamples[] = {
    {"lakehouse ingest workers.csv", "becomes the dataset workers"},
    {"lakehouse ingest handbook/", "a folder: its documents become the dataset handbook, its tables each their own"},
    {"lakehouse ingest 2026-*.csv.gz --name fills --mode append", "many files into one dataset"},
    {"lakehouse ingest changes.ndjson --name workers --mode upsert --key worker_id", "rows of the same key are replaced"},
    {"lakehouse ingest events.ndjson --nested keep", "objects stay objects: SELECT worker.address.city FROM events"},
    {"lakehouse ingest postgres://reader@db/hr --table workers --password-secret source.hr",
     "a table of PostgreSQL, MySQL or MariaDB, as it is now"}};
constexpr ExampleSpec kSqlExamples[] = {{"lakehouse sql", "a prompt; \\? in it lists what it knows"},
                                        {"lakehouse sql \"SELECT role, count(*) FROM workers GROUP BY role\"", "one answer"},
                                        {"lakehouse sql \"FROM workers\" --format parquet --output workers.parquet", "a result as a file"},
                                        {"lakehouse sql < report.sql", "statements one after the other; the first that fails ends it"}};
constexpr ExampleSpec kDatasetsExamples[] = {{"lakehouse datasets", "names with rows, columns, bytes and version"}};
constexpr ExampleSpec kGcExamples[] = {{"lakehouse gc", "show what would go"}, {"lakehouse gc --run", "remove it"}};
constexpr ExampleSpec kRulesExamples[] = {
    {"lakehouse rules workers", "show them"},
    {"lakehouse rules workers --drift add --expect workers.toml", "new columns are taken, rows are checked"}};
constexpr ExampleSpec kCompactExamples[] = {{"lakehouse compact workers", "after many small uploads or many deletes"}};
constexpr ExampleSpec kBackupExamples[] = {
    {"lakehouse backup --data lakehouse-data --to /srv/backup", "again: only what is new is copied"}};
constexpr ExampleSpec kRestoreExamples[] = {
    {"lakehouse restore --from /srv/backup --to lakehouse-data", "a whole lake, every byte checked"}};
constexpr ExampleSpec kInspectExamples[] = {
    {"lakehouse inspect lakehouse-data/_catalog/log/00000000000000000001.json", "the first commit"}};
constexpr ExampleSpec kFsckExamples[] = {{"lakehouse fsck --data lakehouse-data", "check every byte"},
                                         {"lakehouse fsck --data /srv/lake --level quick", "only that every file is there: fast"}};
constexpr ExampleSpec kEvalExamples[] = {
    {"lakehouse eval retrieval ours.trec --qrels qrels.tsv --baseline bm25.trec", "better, and how surely"}};
constexpr ExampleSpec kEvalRagExamples[] = {{"lakehouse eval rag questions.ndjson --corpus notes",
                                             "how many are answered, how many falsely, whether citations are the right rows"}};
constexpr ExampleSpec kRagTuneExamples[] = {
    {"lakehouse rag tune questions.ndjson --corpus notes", "half of the questions choose, the other half judges the choice"}};
constexpr ExampleSpec kDoctorExamples[] = {{"lakehouse doctor --data /srv/lake", "before the first start, or when something is odd"}};
constexpr ExampleSpec kConfigExamples[] = {{"lakehouse config show --set query.workers=4", "what would hold, and why"}};
constexpr ExampleSpec kCompletionExamples[] = {{"source <(lakehouse completion bash)", "in ~/.bashrc"},
                                               {"lakehouse completion zsh > \"${fpath[1]}/_lakehouse\"", "zsh finds it at its next start"},
                                               {"lakehouse completion fish > ~/.config/fish/completions/lakehouse.fish", "fish too"}};
constexpr ExampleSpec kManExamples[] = {{"lakehouse man | man -l -", "read it"},
                                        {"lakehouse man > /usr/local/share/man/man1/lakehouse.1", "install it"}};

constexpr CommandSpec kCommands[] = {
    {"up",
     "start everything in one process",
     "Serves HTTP, the pages and all services until it is stopped with Ctrl-C or SIGTERM. The first signal lets requests finish, the "
     "second ends "
     "at once.",
     {},
     kUpFlags,
     kUpExamples},
    {"serve",
     "start some services",
     "The other services are found by the URLs in the settings services.*. The binary called through a symlink that is named like a "
     "service runs "
     "that service.",
     {"SERVICE", kChoice, true, true, "storaged catalogd ingestd queryd vectord journald gateway"},
     kServeFlags,
     kServeExamples},
    {"ingest",
     "load files or folders",
     "Takes CSV, TSV, JSON, NDJSON and Parquet, also compressed with gzip or zstd, and sheets of XLSX. PDF, DOCX, HTML, Markdown, text and "
     "mail, or a ZIP of them, become rows of a dataset of documents. A folder is taken with all its files. Delimiter, header and types are "
     "found out. postgres:// or mysql://user@host/database is a database, of which --table is read. Rows that do "
     "not fit "
     "go to a dataset of rejects. The same bytes twice add nothing. Every file is tried; when one fails, so does the command.",
     {"FILE", kFile, true, true},
     kIngestFlags,
     kIngestExamples},
    {"sql",
     "ask in SQL",
     "Without STATEMENT: a prompt on a terminal, else statements from standard input. Several statements are parted by ';' and run one "
     "after the "
     "other until one fails. What is cancelled with Ctrl-C is cancelled at the server too. Data are made harmless before a terminal sees "
     "them.",
     {"STATEMENT", kText, false, false},
     kSqlFlags,
     kSqlExamples},
    {"datasets", "list the datasets", {}, {}, kDatasetsFlags, kDatasetsExamples},
    {"rules",
     "show or say what a dataset does with other columns and expects of its rows",
     "Rows are checked before they are committed. A change of the rules is a version of the dataset.",
     {"DATASET", kDataset, true, false},
     kRulesFlags,
     kRulesExamples},
    {"compact",
     "join small files of a dataset and leave out deleted rows",
     "A commit that changes no row; old versions stay as they are.",
     {"DATASET", kDataset, true, false},
     kCompactFlags,
     kCompactExamples},
    {"gc", "show what no kept version needs; remove it with --run", {}, {}, kGcFlags, kGcExamples},
    {"backup",
     "copy a lake as it is after its last record",
     "Also of a lake at work. What is there already is not copied again, and what is copied is read back. One that was cut off goes on.",
     {},
     kBackupFlags,
     kBackupExamples},
    {"restore",
     "make a lake from a backup",
     "Until it has come to its end no server opens the new lake; the same command goes on after it was cut off. One version of a dataset "
     "comes back with POST /v1/catalog/datasets/NAME/restore.",
     {},
     kRestoreFlags,
     kRestoreExamples},
    {"inspect",
     "print a file of a lake as text",
     "Reads a commit record, manifest, segment, checkpoint, vector index or corpus.",
     {"FILE", kFile, true, false},
     {},
     kInspectExamples},
    {"fsck",
     "check chain, reachability, lengths and digests of a lake",
     "Reads the lake itself: no server is needed, and one may run.",
     {},
     kFsckFlags,
     kFsckExamples},
    {"eval retrieval",
     "measure rankings by judgements",
     "nDCG@10, MAP, recall and reciprocal rank as trec_eval has them, and intervals that hold with 95 % confidence, as one JSON object. "
     "RUN is in "
     "TREC's form: query, Q0, document, rank, score, name.",
     {"RUN", kFile, true, false},
     kEvalFlags,
     kEvalExamples},
    {"eval rag",
     "measure answers by questions whose answers are known",
     "Asks a server and prints one JSON object: share of questions answered, false answers, citation precision and recall, and the same "
     "for the surest answers alone. QUESTIONS has a JSON object a line: question, answer (a text, or a list of which one must stand in the "
     "answer), ids (rows that answer it: a list, or grades by id). With neither answer nor ids, no answer is the right one.",
     {"QUESTIONS", kFile, true, false},
     kEvalRagFlags,
     kEvalRagExamples},
    {"rag tune",
     "find the search parameters that suit a corpus",
     "Searches with a grid of alpha and feedback. Half of the questions that have ids choose, the other half judges the choice, with an "
     "interval that holds with 95 % confidence. Prints one JSON object; request is what to put into searches, k how many passages to read. "
     "QUESTIONS as of eval rag, 20 with ids at least.",
     {"QUESTIONS", kFile, true, false},
     kRagTuneFlags,
     kRagTuneExamples},
    {"doctor", "say what this machine gives and lacks", {}, {}, kDoctorFlags, kDoctorExamples},
    {"config show", "print every setting: value, source, help", {}, {}, kConfigFlags, kConfigExamples},
    {"completion", "print the completions of a shell", {}, {"SHELL", kChoice, true, false, "bash zsh fish"}, {}, kCompletionExamples},
    {"man", "print the man page", {}, {}, {}, kManExamples},
    {"failpoints",
     "list the places at which this program can be made to fail, for tests",
     "LAKEHOUSE_FAILPOINTS=name:nth:action arms one.",
     {},
     {},
     {}},
    {"version", "print the version", {}, {}, {}, {}},
    {"help", "explain a command", {}, {"COMMAND", kCommand, false, true}, {}, {}},
};

constexpr FlagSpec kUsual[] = {{"--help", kNone, {}, "explain the command"}};
constexpr ExitSpec kExits[] = {{0, "done"},
                               {kExitFailed, "it failed; standard error says why. Of sql: a statement was refused or failed"},
                               {kExitUsage, "the command line is wrong"},
                               {kExitNoServer, "no server answers"}};
constexpr VariableSpec kVariables[] = {
    {"LAKEHOUSE_<SETTING>", "a setting: LAKEHOUSE_QUERY_WORKERS is query.workers. Flags go before it, the file after it"},
    {"NO_COLOR", "no colours, whatever its value"},
    {"PAGER", "shows what does not fit the window (default: less -SFXR); empty or cat: nothing does"},
    {"VISUAL, EDITOR", "the editor of \\e in the prompt (default: vi)"},
    {"XDG_STATE_HOME", "where lakehouse/sql_history is kept (default: ~/.local/state)"},
};

}  // namespace

std::span<const CommandSpec> CommandTable() { return kCommands; }
std::span<const FlagSpec> UsualFlags() { return kUsual; }
std::span<const ExitSpec> ExitTable() { return kExits; }
std::span<const VariableSpec> VariableTable() { return kVariables; }

}  // namespace lakehouse::app
