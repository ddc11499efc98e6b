#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <string_view>

#include "duck.h"

namespace lakehouse::engine {

/// Connections whose views stand, and plans made on them, for requests that come again: most of a short statement's time goes into
/// binding the same files anew. They live and die with the worker, which never changes its tenant. One thread.
class KeptConnections {
 public:
  /// A connection, out of the keeper's hands while a statement runs on it.
  struct Lent {
    DuckConnection connection;  ///< null: there is none with these views
    DuckPrepared plan;          ///< null: none of this statement
  };

  /// `prelude` names the views, to the octet.
  Lent Take(const std::string& prelude, const std::string& statement);
  /// After a statement that ended well. Without a plan only the connection stays. The least recently used go.
  void Give(std::string prelude, std::string statement, Lent lent);

 private:
  struct Plan {
    std::string statement;
    DuckPrepared prepared;
  };
  struct Entry {
    std::string prelude;
    DuckConnection connection;
    std::list<Plan> plans;  // most recent first; they go before their connection
  };
  std::list<Entry> entries_;  // most recent first
  std::list<Entry> lent_;     // the one whose connection is out, with its other plans
};

/// What one text became, for the last few texts.
class TextMemo {
 public:
  const std::string* Find(std::string_view from);
  void Put(std::string_view from, std::string_view to);

 private:
  struct Entry {
    std::string from, to;
  };
  std::list<Entry> entries_;  // most recent first
};

}  // namespace lakehouse::engine
