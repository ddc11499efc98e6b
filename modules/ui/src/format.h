#pragma once
#include <cstdint>
#include <string>
#include <string_view>

/// Texts for the eye. No locale: the same on every machine.
namespace lakehouse::ui {

std::string Grouped(std::int64_t number);                            ///< 1,234,567
std::string Compact(std::int64_t number);                            ///< 1.23 M; exact below 10,000. For labels only
std::string Bytes(std::int64_t bytes);                               ///< 31.4 MB, decimal
std::string Milliseconds(double ms);                                 ///< "0.4 ms", "38 ms", "2.1 s"
std::string Ago(std::int64_t now_micros, std::int64_t then_micros);  ///< "3 min ago"
std::string Minute(std::int64_t wall_micros);                        ///< 2026-11-21 14:03 UTC
std::string Second(std::int64_t wall_micros);                        ///< 14:03:05
std::string Fixed(double number, int digits);
std::string Shortest(double number);  ///< at most 6 significant digits
/// For one path segment or query value.
std::string UrlEncode(std::string_view text);
/// At most `octets`, cut between characters, with "…" when cut.
std::string Cut(std::string_view text, std::size_t octets);
/// "1 row", "2 rows".
std::string Counted(std::int64_t number, std::string_view noun);

}  // namespace lakehouse::ui
