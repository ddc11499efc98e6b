# DuckDB's C library of one exact version, brought by setup/install (npm for the library, PyPI for its header) into .deps/duckdb.
set(LAKEHOUSE_DUCKDB_DIR ${CMAKE_SOURCE_DIR}/.deps/duckdb CACHE PATH "holds lib/libduckdb.so and include/duckdb.h")
set(duckdb_so ${LAKEHOUSE_DUCKDB_DIR}/lib/libduckdb.so)
if(NOT EXISTS ${duckdb_so})
  message(FATAL_ERROR "DuckDB is not in ${LAKEHOUSE_DUCKDB_DIR}; run ./dev setup")
endif()
# setup/duckdb.sha256 is the one place of the pins: lines of digest and file, as sha256sum reads them.
file(STRINGS ${CMAKE_SOURCE_DIR}/setup/duckdb.sha256 duckdb_pins)
foreach(pin IN LISTS duckdb_pins)
  string(REGEX MATCH "^([0-9a-f]+)  (.+)$" pin "${pin}")
  file(SHA256 ${LAKEHOUSE_DUCKDB_DIR}/${CMAKE_MATCH_2} digest)
  if(NOT digest STREQUAL CMAKE_MATCH_1)
    message(FATAL_ERROR "${LAKEHOUSE_DUCKDB_DIR}/${CMAKE_MATCH_2} has SHA-256 ${digest}, expected ${CMAKE_MATCH_1}; delete .deps and run ./dev setup")
  endif()
endforeach()
# The binary finds it beside itself: bin/lakehouse, lib/libduckdb.so.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
configure_file(${duckdb_so} ${CMAKE_BINARY_DIR}/lib/libduckdb.so COPYONLY)
add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${LAKEHOUSE_DUCKDB_DIR}/include)
set(CMAKE_BUILD_RPATH "$ORIGIN/../lib")
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")
