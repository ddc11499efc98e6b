#include "markdown.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace lakehouse::ui {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

bool IsOurLink(std::string_view target) {
  return target.starts_with("/") || target.starts_with("#") || target.starts_with("https://") || target.starts_with("http://");
}

std::string RenderInline(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '`') {
      if (const std::size_t end = text.find('`', i + 1); end != std::string_view::npos) {
        out += "<code>" + Escape(text.substr(i + 1, end - i - 1)) + "</code>";
        i = end + 1;
        continue;
      }
    }
    if (text.substr(i).starts_with("**")) {
      if (const std::size_t end = text.find("**", i + 2); end != std::string_view::npos) {
        out += "<strong>" + RenderInline(text.substr(i + 2, end - i - 2)) + "</strong>";
        i = end + 2;
        continue;
      }
    }
    if (text[i] == '*' && i + 1 < text.size() && text[i + 1] != ' ') {
      if (const std::size_t end = text.find('*', i + 1); end != std::string_view::npos) {
        out += "<em>" + RenderInline(text.substr(i + 1, end - i - 1)) + "</em>";
        i = end + 1;
        continue;
      }
    }
    if (text[i] == '[') {
      const std::size_t middle = text.find("](", i);
      const std::size_t end = middle == std::string_view::npos ? middle : text.find(')', middle);
      if (end != std::string_view::npos && IsOurLink(text.substr(middle + 2, end - middle - 2))) {
        out += "<a href=\"" + Escape(text.substr(middle + 2, end - middle - 2)) + "\">" + RenderInline(text.substr(i + 1, middle - i - 1)) +
               "</a>";
        i = end + 1;
        continue;
      }
    }
    out += Escape(text.substr(i, 1));
    ++i;
  }
  return out;
}

std::string IdOf(std::string_view heading) {
  std::string id;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!id.empty() && id.back() != '-')
      id += '-';
  }
  while (id.ends_with('-')) id.pop_back();
  return id;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string RenderRow(std::string_view line, const char* cell) {
  std::string out = "<tr>";
  line = Trimmed(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  while (!line.empty()) {
    const std::size_t end = std::min(line.find('|'), line.size());
    out += std::string("<") + cell + (cell[1] == 'h' ? " scope=\"col\"" : "") + ">" + RenderInline(Trimmed(line.substr(0, end))) + "</" +
           cell + ">";
    line.remove_prefix(std::min(line.size(), end + 1));
  }
  return out + "</tr>";
}

std::size_t HeadingLevel(std::string_view line) {
  std::size_t level = 0;
  while (level < line.size() && line[level] == '#') ++level;
  return level > 0 && level < 4 && level < line.size() && line[level] == ' ' ? level : 0;
}

bool IsRuleOfTable(std::string_view line) { return line.starts_with("|") && line.find_first_not_of("|-: ") == std::string_view::npos; }

}  // namespace

std::string RenderMarkdown(std::string_view text) {
  const auto lines = LinesOf(text);
  std::string out, paragraph;
  const auto flush = [&] {
    if (!paragraph.empty()) out += "<p>" + RenderInline(paragraph) + "</p>\n";
    paragraph.clear();
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.starts_with("```")) {
      flush();
      out += "<pre class=\"code\" tabindex=\"0\">";
      for (++i; i < lines.size() && !lines[i].starts_with("```"); ++i) out += Escape(lines[i]) + "\n";
      out += "</pre>\n";
    } else if (const std::size_t level = HeadingLevel(line); level > 0) {
      flush();
      const std::string tag = "h" + std::to_string(level);
      const std::string_view words = line.substr(level + 1);
      out += "<" + tag + " id=\"" + IdOf(words) + "\">" + RenderInline(words) + "</" + tag + ">\n";
    } else if (line.starts_with("* ") || line.starts_with("1. ")) {
      flush();
      const bool ordered = line.starts_with("1. ");
      out += ordered ? "<ol>" : "<ul>";
      for (; i < lines.size() && (lines[i].starts_with(ordered ? "1. " : "* ") || lines[i].starts_with("  ")); ++i)
        out += lines[i].starts_with("  ") ? " " + RenderInline(Trimmed(lines[i])) : "<li>" + RenderInline(lines[i].substr(ordered ? 3 : 2));
      --i;
      out += ordered ? "</ol>\n" : "</ul>\n";
    } else if (line.starts_with("|") && i + 1 < lines.size() && IsRuleOfTable(lines[i + 1])) {
      flush();
      out += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table class=\"tbl\"><thead>" +
             RenderRow(line, "th") + "</thead><tbody>";
      for (i += 2; i < lines.size() && lines[i].starts_with("|"); ++i) out += RenderRow(lines[i], "td");
      --i;
      out += "</tbody></table></div>\n";
    } else if (Trimmed(line).empty()) {
      flush();
    } else {
      paragraph += (paragraph.empty() ? "" : " ") + std::string(Trimmed(line));
    }
  }
  flush();
  return out;
}

}  // namespace lakehouse::ui
