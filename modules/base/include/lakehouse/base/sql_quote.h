#pragma once
#include <string>
#include <string_view>

/// How a name or a text of a stranger goes into a statement: always so, so that nothing in it is read as SQL.
namespace lakehouse {

std::string QuoteName(std::string_view name);  ///< "a ""name"""
std::string QuoteText(std::string_view text);  ///< 'it''s'

}  // namespace lakehouse
