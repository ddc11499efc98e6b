# DuckDB's C library of one exact version, brought by setup/install (npm for the library, PyPI for its header) into .deps/duckdb.
set(LAKEHOUSE_DUCKDB_DIR ${CMAKE_SOURCE_DIR}/.deps/duckdb CACHE PATH "holds lib/libduckdb.so and include/duckdb.h")
set(duckdb_so ${LAKEHOUSE_DUCKDB_DIR}/lib/libduckdb.so)
if(NOT EXISTS ${duckdb_so})
  message(FATAL_ERROR "DuckDB is not in ${LAKEHOUSE_DUCKDB_DIR}; run ./dev setup")
endif()
file(SHA256 ${duckdb_so} duckdb_digest)
set(duckdb_digest_x86_64 3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633)  # 1.5.6
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND NOT duckdb_digest STREQUAL duckdb_digest_x86_64)
  message(FATAL_ERROR "${duckdb_so} has SHA-256 ${duckdb_digest}, expected ${duckdb_digest_x86_64}; delete .deps and run ./dev setup")
endif()
# The binary finds it beside itself: bin/lakehouse, lib/libduckdb.so.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
configure_file(${duckdb_so} ${CMAKE_BINARY_DIR}/lib/libduckdb.so COPYONLY)
add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${LAKEHOUSE_DUCKDB_DIR}/include)
set(CMAKE_BUILD_RPATH "$ORIGIN/../lib")
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")
