#pragma once
#include <cstdint>

namespace lakehouse::sandbox {

/// What sandbox_test_worker serves.
enum TestRequest : std::uint32_t {
  kTestTry = 100,
  kTestEcho,
  kTestFail,
  kTestThrow,
  kTestDie,
  kTestFlood,
  kTestGarbage,
  kTestUntilInterrupted,
  kTestDeaf,
  kTestOutput,
};

}  // namespace lakehouse::sandbox
