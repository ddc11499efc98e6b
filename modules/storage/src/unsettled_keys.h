#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// Keys whose change is visible in the directory but perhaps not on disk yet. Readers of such a key wait: otherwise a read
/// could confirm what a power cut then takes back. Thread-safe.
class UnsettledKeys {
 public:
  /// A change of this key is under way while this lives.
  class Change {
   public:
    Change(UnsettledKeys& keys, std::string key);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    /// The sync failed: nobody can say what the disk holds, so from now on reads of this key fail.
    void BecomesDoubtful();

   private:
    UnsettledKeys& keys_;
    const std::string key_;
    const std::uint64_t number_;
  };

  /// Waits for the changes that are under way now, not for later ones. kUnavailable "store_failed" for a doubtful key.
  Status Await(const Context& ctx, const std::string& key);

 private:
  struct State {
    std::uint64_t next_number = 0;
    std::map<std::string, std::set<std::uint64_t>> changes;  ///< numbers of those under way; no empty sets
    std::set<std::string> doubtful;
  };
  std::uint64_t Begin(const std::string& key);

  Guarded<State> state_;
  std::condition_variable settled_;
};

}  // namespace lakehouse::storage
