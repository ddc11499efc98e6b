#pragma once
#include <cstdio>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "client_commands.h"
#include "interrupts.h"
#include "lake_names.h"
#include "lakehouse/terminal/sql_words.h"
#include "lakehouse/terminal/text_table.h"
#include "server_client.h"

namespace lakehouse::app {

/// Whether colours may be used on this descriptor: a terminal, NO_COLOR unset, TERM not dumb.
bool MayColour(int fd);

/// Runs statements and commands one after the other, and remembers how results are wanted. Single-threaded.
class SqlSession {
 public:
  struct Options {
    std::string format = "table";
    bool is_prompt = false;  ///< somebody looks: times are shown, long results go to a pager and have a limit
  };

  SqlSession(const ServerAddress& server, Options options);

  /// From now on results go to this file, which is emptied.
  Status WriteTo(const std::string& path);
  /// Parts in their order until one fails. `source` names a script for its errors; empty: what was typed.
  Status RunScript(const std::string& text, const std::string& source);
  /// kNoServerReason, or what the server has against us.
  Status CheckServer();

  bool wants_to_leave() const { return wants_to_leave_; }
  /// What \e has made of the last statement, to be changed on; taken away.
  std::string TakeEdited() { return std::exchange(edited_, {}); }
  LakeNames& names() { return names_; }

 private:
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  Status RunStatement(const std::string& statement);
  Status RunAsTable(const std::string& statement, const std::stop_token& cancel);
  Status RunAsFormat(const std::string& statement, const std::stop_token& cancel);
  Status RunCommand(const std::string& line);
  Status ShowDatasets();
  Status ShowDataset(const std::string& name);
  Status SetFormat(const std::string& value);
  Status SetLimit(const std::string& value);
  Status SetSwitch(const std::string& name, const std::string& value, bool& setting);
  /// On the terminal by pager when it does not fit.
  Status Show(const std::string& text);
  Status WriteOctets(std::string_view octets);
  Status FlushOutput();
  /// Of a table on this terminal.
  terminal::TableLook Look() const;
  /// Remarks that are no results: on a terminal only.
  void Say(const std::string& text) const;

  ServerClient client_;
  LakeNames names_;
  const Options options_;
  std::optional<Interrupts> interrupts_;  // of a prompt: elsewhere Ctrl-C ends the process, and the server sees it go

  std::string format_;
  bool is_expanded_ = false;
  bool has_timing_;
  bool has_pager_ = true;
  std::int64_t limit_;
  std::unique_ptr<std::FILE, FileCloser> output_;
  std::string output_path_;
  bool output_has_result_ = false;

  std::string last_statement_, edited_;
  bool wants_to_leave_ = false;
};

}  // namespace lakehouse::app
