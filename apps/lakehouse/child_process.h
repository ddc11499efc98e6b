#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::app {

/// Runs a line of shell on this terminal until it ends and returns its exit status (127: there is no such program). `input`, when it is not
/// null, is its standard input; a child that does not read all of it is no error. Ctrl-C goes to the child alone.
Result<int> RunOnTerminal(const std::string& command, const std::string_view* input);

/// Whether $PAGER, or what stands for it, may be asked: it is not empty and not "cat".
bool HasPager();
/// Shows a text there; false when that is not to be or not installed: print it then.
bool ShowInPager(std::string_view text);

/// A text changed in $VISUAL or $EDITOR.
Result<std::string> EditText(const std::string& text);

/// `text` as one word for a shell.
std::string ShellWord(std::string_view text);

}  // namespace lakehouse::app
