#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

enum class StoreOperation { kPutIfAbsent, kPut, kPutFileIfAbsent, kPutFile, kGet, kGetToFile, kHead, kList, kDelete };

/// What goes wrong, and when.
struct StoreFault {
  enum class Action {
    kFail,         ///< nothing happens; `code` and `reason` come back
    kLoseAnswer,   ///< it happens, but kOutcomeUnknown comes back: a connection cut after the request. Of a read: as kFail
    kLoseRequest,  ///< nothing happens, and kOutcomeUnknown comes back: a connection cut before the server got it
    kArriveLate,   ///< kOutcomeUnknown comes back now; it happens at DeliverLate(): a request stuck on the way
    kPretend,      ///< a write answers success and does nothing: a store that lies. Of a read: as kFail
    kHold,         ///< waits until Release(), then happens as usual
    kHoldAnswer,   ///< happens as usual, but the answer waits until Release()
  };
  Action action = Action::kFail;
  std::vector<StoreOperation> operations = {};  ///< empty: all
  std::string key_prefix = {};                  ///< of the key, or of List's prefix
  std::size_t nth = 1;                          ///< the nth call, from now, that fits; 1 is the next
  std::size_t times = 1;                        ///< that one and the next ones; kAlways: every later one
  ErrorCode code = ErrorCode::kUnavailable;
  std::string reason = {};

  static constexpr std::size_t kAlways = SIZE_MAX;
};

/// One call as the store met it, in the order of arrival.
struct StoreCall {
  StoreOperation operation;
  std::string key;
  bool reached;  ///< the store below was asked before the answer was given
  friend bool operator==(const StoreCall&, const StoreCall&) = default;
};

/// A store with faults in front of another one. The first fault that fits a call and is due decides; the rest only count the
/// call. Without faults it changes nothing, so the contract suite holds for it. Thread-safe; the store below must outlive it.
///
///   FaultyObjectStore store(memory);
///   store.Inject({.action = StoreFault::Action::kLoseAnswer, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix =
///   "_catalog/log/"});
///   ... the commit reads back ...
///   EXPECT_EQ(store.CountCalls(StoreOperation::kGet, "_catalog/log/"), 1);
///
/// Waiting without sleeping:  store.Inject({.action = kHold, ...});  thread...;  store.AwaitHeld(1);  ...;  store.Release();
class FaultyObjectStore final : public ObjectStore {
 public:
  explicit FaultyObjectStore(ObjectStore& below) : below_(below) {}
  ~FaultyObjectStore() override { Release(); }

  void Inject(StoreFault fault) { state_.Lock()->faults.push_back({std::move(fault), 0}); }
  /// Faults, not the record of calls. What is held goes on; what is late stays late.
  void ClearFaults() {
    state_.Lock()->faults.clear();
    Release();
  }
  std::vector<StoreCall> calls() const { return state_.Lock()->calls; }
  std::size_t CountCalls(StoreOperation operation, std::string_view key_prefix = "") const {
    auto state = state_.Lock();
    std::size_t count = 0;
    for (const StoreCall& call : state->calls) count += call.operation == operation && call.key.starts_with(key_prefix);
    return count;
  }
  void ForgetCalls() { state_.Lock()->calls.clear(); }

  /// Performs, in their order, the writes that are late; their answers go nowhere but here.
  std::vector<Status> DeliverLate() {
    std::deque<std::function<Status()>> late;
    std::swap(late, state_.Lock()->late);
    std::vector<Status> answers;
    for (const auto& write : late) answers.push_back(write());
    return answers;
  }

  /// Until so many calls are held at the same time.
  void AwaitHeld(std::size_t count) {
    auto state = state_.Lock();
    changed_.wait(state.lock(), [&] { return state->held >= count; });
  }
  /// Lets go of all that are held now.
  void Release() {
    ++state_.Lock()->releases;
    changed_.notify_all();
  }

  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Write<ObjectInfo>(StoreOperation::kPutIfAbsent, ctx, key, octets.size(),
                             [this, key, octets = std::string(octets)](const Context& c) { return below_.PutIfAbsent(c, key, octets); });
  }
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Write<ObjectInfo>(StoreOperation::kPut, ctx, key, octets.size(),
                             [this, key, octets = std::string(octets)](const Context& c) { return below_.Put(c, key, octets); });
  }
  /// A late one needs its file to be there still when it is delivered.
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override {
    return Write<ObjectInfo>(StoreOperation::kPutFileIfAbsent, ctx, key, 0,
                             [this, key, path](const Context& c) { return below_.PutFileIfAbsent(c, key, path); });
  }
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return Write<ObjectInfo>(StoreOperation::kPutFile, ctx, key, 0,
                             [this, key, path](const Context& c) { return below_.PutFile(c, key, path); });
  }
  Status Delete(const Context& ctx, const std::string& key) override {
    return Write<Ok>(StoreOperation::kDelete, ctx, key, 0, [this, key](const Context& c) { return below_.Delete(c, key); });
  }
  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override {
    return Read<std::string>(StoreOperation::kGet, key, [&] { return below_.Get(ctx, key, range); });
  }
  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return Read<ObjectInfo>(StoreOperation::kGetToFile, key, [&] { return below_.GetToFile(ctx, key, path); });
  }
  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override {
    return Read<ObjectInfo>(StoreOperation::kHead, key, [&] { return below_.Head(ctx, key); });
  }
  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) override {
    return Read<ListPage>(StoreOperation::kList, prefix, [&] { return below_.List(ctx, prefix, start_after, limit); });
  }
  std::optional<std::string> LocalPath(const std::string& key) override { return below_.LocalPath(key); }

 private:
  using Action = StoreFault::Action;
  struct Armed {
    StoreFault fault;
    std::size_t met = 0;
  };
  struct State {
    std::list<Armed> faults;
    std::vector<StoreCall> calls;
    std::deque<std::function<Status()>> late;
    std::size_t held = 0;
    std::uint64_t releases = 0;
  };

  static bool Fits(const StoreFault& fault, StoreOperation operation, std::string_view key) {
    bool named = fault.operations.empty();
    for (const StoreOperation wanted : fault.operations) named = named || wanted == operation;
    return named && key.starts_with(fault.key_prefix);
  }
  /// Records the call and says what befalls it.
  std::optional<StoreFault> Meet(StoreOperation operation, const std::string& key, bool is_write) {
    auto state = state_.Lock();
    std::optional<StoreFault> due;
    for (Armed& armed : state->faults) {
      if (!Fits(armed.fault, operation, key)) continue;
      ++armed.met;
      const bool is_due = armed.met >= armed.fault.nth && armed.met - armed.fault.nth < armed.fault.times;
      if (is_due && !due) due = armed.fault;
    }
    const bool reached =
        !due || due->action == Action::kHold || due->action == Action::kHoldAnswer || (due->action == Action::kLoseAnswer && is_write);
    state->calls.push_back({operation, key, reached});
    return due;
  }
  void Hold() {
    auto state = state_.Lock();
    const std::uint64_t before = state->releases;
    ++state->held;
    changed_.notify_all();
    changed_.wait(state.lock(), [&] { return state->releases != before; });
    --state->held;
  }
  static Error Injected(const StoreFault& fault, const std::string& key) {
    Error error(fault.code, "injected fault on key \"" + key + "\"");
    return fault.reason.empty() ? error : std::move(error).Named(fault.reason);
  }
  static Error Unknown(const std::string& key) { return {ErrorCode::kOutcomeUnknown, "injected: no answer for key \"" + key + "\""}; }

  template <typename T>
  Result<T> Write(StoreOperation operation, const Context& ctx, const std::string& key, std::size_t size_bytes,
                  const std::function<Result<T>(const Context&)>& perform) {
    const std::optional<StoreFault> fault = Meet(operation, key, true);
    if (!fault) return perform(ctx);
    switch (fault->action) {
      case Action::kFail: return Injected(*fault, key);
      case Action::kLoseAnswer: return (void)perform(ctx), Unknown(key);
      case Action::kLoseRequest: return Unknown(key);
      case Action::kArriveLate:
        state_.Lock()->late.push_back([perform] {
          Result<T> outcome = perform(Context{});  // whoever sent it may be gone
          return outcome ? Status(Ok{}) : Status(std::move(outcome).TakeError());
        });
        return Unknown(key);
      case Action::kPretend:
        if constexpr (std::is_same_v<T, ObjectInfo>)
          return ObjectInfo{key, size_bytes, 0};
        else
          return Ok{};
      case Action::kHold: return Hold(), perform(ctx);
      case Action::kHoldAnswer: break;
    }
    Result<T> outcome = perform(ctx);
    Hold();
    return outcome;
  }
  template <typename T>
  Result<T> Read(StoreOperation operation, const std::string& key, const std::function<Result<T>()>& perform) {
    const std::optional<StoreFault> fault = Meet(operation, key, false);
    if (fault && fault->action == Action::kHold) Hold();
    if (fault && fault->action != Action::kHold && fault->action != Action::kHoldAnswer) return Injected(*fault, key);
    Result<T> outcome = perform();
    if (fault && fault->action == Action::kHoldAnswer) Hold();
    return outcome;
  }

  ObjectStore& below_;
  mutable Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace lakehouse::storage
