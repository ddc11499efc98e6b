#pragma once
#include <string>
#include <string_view>

namespace lakehouse::ui {

/// HTML of our own pages: headings, paragraphs, lists, tables, fenced code, `code`, **strong**, [links](…). Everything else is
/// text, and all text is escaped. Headings get ids of their words.
std::string RenderMarkdown(std::string_view text);

}  // namespace lakehouse::ui
