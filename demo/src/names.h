#pragma once
#include <span>
#include <string_view>

namespace lakehouse::demo {

/// Given and family names, drawn independently of one another and of everything else about a person. UTF-8.
std::span<const std::string_view> GivenNames();
std::span<const std::string_view> FamilyNames();
/// The first half of an invented company's name.
std::span<const std::string_view> CompanyNames();

}  // namespace lakehouse::demo
