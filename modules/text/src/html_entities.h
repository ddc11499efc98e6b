#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace lakehouse::text {

/// The character reference that begins at the '&' at `at`: appends what it stands for, or the '&' itself when it is none. Returns how
/// many octets of `html` that took.
std::size_t AppendEntity(std::string_view html, std::size_t at, std::string& out);

}  // namespace lakehouse::text
