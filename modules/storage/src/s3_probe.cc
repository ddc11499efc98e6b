#include "s3_probe.h"

#include <algorithm>
#include <latch>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "lakehouse/base/uuid.h"
#include "s3_download.h"
#include "s3_upload.h"

namespace lakehouse::storage {
namespace {

constexpr int kRaces = 3;
constexpr std::size_t kRacers = 4;
constexpr int kAttempts = 5;

class S3Probe {
 public:
  S3Probe(const Context& context, S3Client& client, const std::string& prefix)
      : context_(context),
        client_(client),
        prefix_(prefix + "_probe/" + NewUuid(client.parts().clock, client.parts().random).ToString() + '/') {}
  ~S3Probe() {
    for (const std::string& key : keys_) (void)client_.Send(context_, {.method = "DELETE", .key = key});
  }

  Result<S3Capabilities> Run() {
    S3Capabilities found;
    found.create_if_absent = true;
    for (int race = 0; race < kRaces && found.create_if_absent; ++race) found.create_if_absent = LH_TRY(OneOfManyWins());
    if (!found.create_if_absent) return found;  // who ignores this one is not asked for the rest
    found.complete_if_absent = LH_TRY(CompletionRefusesExisting());
    LH_TRY(TryReplacing(found));
    return found;
  }

 private:
  std::string NewKey() { return keys_.emplace_back(prefix_ + std::to_string(keys_.size())); }

  /// A server that ignores conditions lets several win. That nobody is seen to win is a bad connection's doing: another key is tried.
  Result<bool> OneOfManyWins() {
    for (int attempt = 0; attempt < kAttempts; ++attempt)
      if (const std::optional<bool> found = LH_TRY(Race(NewKey()))) return *found;
    return Error(ErrorCode::kUnavailable, "the S3 server gives no clear answer to conditional writes: try again").Named("probe_unclear");
  }

  /// Nothing: no writer is seen to have won.
  Result<std::optional<bool>> Race(const std::string& key) {
    const S3Capabilities none;
    std::vector<std::optional<Result<ObjectInfo>>> puts(kRacers);
    std::latch start(kRacers);
    std::vector<std::thread> racers;
    for (std::size_t i = 0; i < kRacers; ++i) {
      racers.emplace_back([&, i] {
        S3Upload upload(client_, none, key, S3Condition::kServerChecks);
        const std::string octets = BodyOf(i);
        start.arrive_and_wait();
        puts[i] = upload.Run(context_, {.octets = octets, .size_bytes = octets.size()});
      });
    }
    for (std::thread& racer : racers) racer.join();
    std::vector<std::size_t> winners;
    for (std::size_t i = 0; i < kRacers; ++i) {
      if (puts[i]->ok())
        winners.push_back(i);
      else if (puts[i]->error().code() == ErrorCode::kUnimplemented)
        return std::optional<bool>(false);
      else if (puts[i]->error().code() != ErrorCode::kAlreadyExists)
        return puts[i]->error();
    }
    if (winners.empty()) return std::optional<bool>();
    return std::optional<bool>(winners.size() == 1 && LH_TRY(Read(key)) == BodyOf(winners.front()));
  }
  /// Against its digest: what a bad connection made of the octets is no fault of the server.
  Result<std::string> Read(const std::string& key) {
    S3TextTaker text;
    LH_TRY(S3Download(client_, key, std::nullopt, text).Run(context_));
    return text.TakeText();
  }
  static std::string BodyOf(std::size_t racer) { return "racer " + std::to_string(racer); }

  Result<bool> CompletionRefusesExisting() {
    const std::string& key = keys_.front();
    S3Call begin{.method = "POST", .key = key, .query = {{"uploads", ""}}};
    std::string id;
    begin.check = [&id](const std::string& body) -> Status { return id = LH_TRY(ReadUploadId(body)), Ok{}; };
    const auto begun = client_.Send(context_, begin);
    if (!begun && begun.error().code() == ErrorCode::kUnimplemented) return false;
    if (!begun) return begun.error();
    const S3Answer part =
        LH_TRY(client_.Send(context_, {.method = "PUT", .key = key, .query = {{"partNumber", "1"}, {"uploadId", id}}, .body = "in parts"}));
    S3Call complete{.method = "POST", .key = key, .query = {{"uploadId", id}}, .headers = {{"If-None-Match", "*"}}};
    complete.body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.Header("ETag") +
                    "</ETag></Part></CompleteMultipartUpload>";
    const auto completed = client_.Send(context_, complete);
    const bool refused = completed && completed->status == 412;
    if (!completed || !completed->ok()) (void)client_.Send(context_, {.method = "DELETE", .key = key, .query = {{"uploadId", id}}});
    if (!refused) return false;
    return LH_TRY(Read(key)) != "in parts";
  }

  /// True: the server took it. Anything but success is a refusal, also an error of its own: RGW has one under load.
  bool PutIfMatch(const std::string& key, const std::string& tag, const std::string& octets) {
    const auto put = client_.Send(context_, {.method = "PUT", .key = key, .headers = {{"If-Match", tag}}, .body = octets});
    return put && put->ok();
  }

  Status TryReplacing(S3Capabilities& found) {
    const std::string key = keys_.front();
    const S3Answer head = LH_TRY(client_.Send(context_, {.method = "HEAD", .key = key}));
    const std::string quoted = head.Header("ETag");
    std::string bare = quoted;
    std::erase(bare, '"');
    const std::string absent = NewKey();
    const std::string wrong(32, '0');
    const bool takes_wrong = PutIfMatch(key, '"' + wrong + '"', "replaced") || PutIfMatch(key, wrong, "replaced") ||
                             PutIfMatch(absent, quoted, "replaced") || PutIfMatch(absent, bare, "replaced");
    if (takes_wrong) return Ok{};
    if (PutIfMatch(key, quoted, "replaced")) return found.replace_if_match = true, Ok{};
    found.replace_if_match = found.if_match_wants_bare_tag = PutIfMatch(key, bare, "replaced");
    return Ok{};
  }

  const Context& context_;
  S3Client& client_;
  const std::string prefix_;
  std::vector<std::string> keys_;
};

}  // namespace

Result<S3Capabilities> ProbeS3(const Context& context, S3Client& client, const std::string& prefix) {
  return S3Probe(context, client, prefix).Run();
}

}  // namespace lakehouse::storage
