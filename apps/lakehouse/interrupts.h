#pragma once
#include <stop_token>
#include <thread>

#include "lakehouse/base/file.h"

namespace lakehouse::app {

/// Ctrl-C as something that cancels one piece of work instead of ending the process. Construct before any thread starts; SIGINT stays
/// blocked for good, so children must be started with their own mask (child_process.h).
class Interrupts {
 public:
  Interrupts();

  /// While it lives, Ctrl-C requests its token to stop; one from before does not.
  class Watch {
   public:
    explicit Watch(const Interrupts& interrupts);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    std::stop_token token() const { return source_.get_token(); }

   private:
    UniqueFd ended_;
    std::stop_source source_;
    std::thread thread_;
  };

 private:
  UniqueFd signals_;
};

}  // namespace lakehouse::app
