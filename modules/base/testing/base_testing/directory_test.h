#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base_testing/matchers.h"
#include "lakehouse/base/file.h"

namespace lakehouse {

/// A test with an empty directory of its own, which goes when the test ends.
class DirectoryTest : public testing::Test {
 protected:
  const std::string& directory() const { return directory_.path(); }
  /// The path of this name in the directory.
  std::string PathOf(std::string_view name) const { return directory() + "/" + std::string(name); }

 private:
  TemporaryDirectory directory_ = Must(TemporaryDirectory::Create(std::filesystem::temp_directory_path().string(), "lakehouse-test-"));
};

}  // namespace lakehouse
