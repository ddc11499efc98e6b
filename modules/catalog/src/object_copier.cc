#include "object_copier.h"

#include <unistd.h>

#include <optional>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::catalog {
namespace {

Failpoint copy_after_object("catalog.copy.after_object");

constexpr std::int64_t kSmallObject = 8 << 20;
constexpr std::uint64_t kCopyStep = 4 << 20;

Error LeftMeanwhile(const std::string& key) {
  return Error(ErrorCode::kNotFound, "object " + key + " left the lake while it was copied").Named("object_gone");
}

}  // namespace

Result<std::string> DigestOfObject(const Context& context, storage::ObjectStore& store, const std::string& key) {
  Sha256 sum;
  for (std::uint64_t offset = 0;; offset += kCopyStep) {
    LH_TRY(context.Check());
    const std::string part = LH_TRY(store.Get(context, key, storage::ByteRange{offset, kCopyStep}));
    sum.Add(part);
    if (part.size() < kCopyStep) return sum.FinishHex();
  }
}

Status ObjectCopier::CopyAll(const Context& context, const std::vector<ObjectRef>& objects, unsigned threads, bool may_be_gone) {
  progress_.objects_total += static_cast<std::int64_t>(objects.size());
  for (const ObjectRef& object : objects) progress_.bytes_total += object.size_bytes;
  std::atomic<std::size_t> next = 0;
  std::optional<Error> failed;
  const auto work = [&](std::stop_token) {
    for (std::size_t i = next++; i < objects.size(); i = next++) {
      Status done = CopyOne(context, objects[i]);
      if (!done && may_be_gone && done.error().code() == ErrorCode::kNotFound) continue;
      if (done) done = copy_after_object.Hit();
      if (done) continue;
      const std::lock_guard lock(mutex_);
      if (!failed) failed = std::move(done).TakeError().While("copy " + objects[i].key);
      next = objects.size();
    }
  };
  {
    TaskGroup helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.Start("copy", work);
    work({});
  }
  if (failed) return *failed;
  return Ok{};
}

Result<bool> ObjectCopier::IsThere(const Context& context, const ObjectRef& object) {
  const auto info = target_.Head(context, object.key);
  if (!info && info.error().code() == ErrorCode::kNotFound) return false;
  if (!info) return info.error();
  bool is_same = static_cast<std::int64_t>(info->size_bytes) == object.size_bytes;
  if (is_same && object.sha256.empty())
    is_same = LH_TRY(DigestOfObject(context, source_, object.key)) == LH_TRY(DigestOfObject(context, target_, object.key));
  else if (is_same && options_.verify_all)
    is_same = LH_TRY(DigestOfObject(context, target_, object.key)) == object.sha256;
  if (!is_same) LH_TRY(target_.Delete(context, object.key));  // damaged there, or replaced here
  return is_same;
}

Status ObjectCopier::CopyOne(const Context& context, const ObjectRef& object) {
  LH_TRY(context.Check());
  if (LH_TRY(IsThere(context, object))) {
    NoteDone(object, false);
    return Ok{};
  }
  return object.size_bytes <= kSmallObject ? CopySmall(context, object) : CopyLarge(context, object);
}

Status ObjectCopier::CopySmall(const Context& context, const ObjectRef& object) {
  const auto octets = LH_TRY(FindOctets(context, source_, object.key, {}));
  if (!octets) return LeftMeanwhile(object.key);
  const std::string sha256 = Sha256Hex(*octets);
  if (!object.sha256.empty() && sha256 != object.sha256) {
    NoteDamaged(object.key);
    return Ok{};
  }
  LH_TRY(PutWriteOnce(context, target_, object.key, *octets, {}));
  LH_TRY(ReadBack(context, object.key, sha256));
  NoteDone(object, true);
  return Ok{};
}

Status ObjectCopier::CopyLarge(const Context& context, const ObjectRef& object) {
  struct Spooled {
    std::string path;
    ~Spooled() { ::unlink(path.c_str()); }
  } spooled{options_.spool + "/copy-" + std::to_string(spooled_++)};
  const auto got = source_.GetToFile(context, object.key, spooled.path);
  if (!got && got.error().code() == ErrorCode::kNotFound) return LeftMeanwhile(object.key);
  if (!got) return got.error();
  const std::string sha256 = LH_TRY(Sha256HexOfFile(spooled.path));
  if (!object.sha256.empty() && sha256 != object.sha256) {
    NoteDamaged(object.key);
    return Ok{};
  }
  const auto put = target_.PutFileIfAbsent(context, object.key, spooled.path);
  const bool may_be_there = put || put.error().code() == ErrorCode::kOutcomeUnknown || put.error().code() == ErrorCode::kAlreadyExists;
  if (!may_be_there) return put.error();
  LH_TRY(ReadBack(context, object.key, sha256));
  NoteDone(object, true);
  return Ok{};
}

Status ObjectCopier::ReadBack(const Context& context, const std::string& key, const std::string& sha256) {
  if (LH_TRY(DigestOfObject(context, target_, key)) == sha256) return Ok{};
  return Error(ErrorCode::kCorruption, "object " + key + " was written to the target and reads back as something else; look at its disk")
      .Named("corrupt_object");
}

void ObjectCopier::NoteDamaged(const std::string& key) {
  const std::lock_guard lock(mutex_);
  report_.damaged.push_back(key);
}

void ObjectCopier::NoteDone(const ObjectRef& object, bool copied) {
  const std::lock_guard lock(mutex_);
  ++report_.objects;
  ++progress_.objects;
  progress_.bytes += object.size_bytes;
  if (copied) {
    ++report_.copied;
    report_.bytes_copied += object.size_bytes;
  }
  if (options_.on_progress) options_.on_progress(progress_);
}

}  // namespace lakehouse::catalog
