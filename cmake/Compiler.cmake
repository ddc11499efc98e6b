# Flags of every target: one place, so that no module has flags of its own.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")  # asserts stay
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Woverloaded-virtual>"
                    -Wno-missing-field-initializers)  # designated initialisers of requests leave fields out on purpose
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees both in std::variant and in copies of strings where there is neither; clang and the sanitizers look for real ones.
  add_compile_options(-Wno-maybe-uninitialized -Wno-dangling-pointer)
endif()
if(LAKEHOUSE_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-gnu-statement-expression-from-macro-expansion -Wno-gnu-zero-variadic-macro-arguments)
endif()

if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A source file is included there, so its anonymous namespace looks like a header's to the compiler.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()

find_program(LAKEHOUSE_CCACHE ccache)
if(LAKEHOUSE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the checkout are looked up relative to it, so that one checkout finds what another has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${LAKEHOUSE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND LAKEHOUSE_SANITIZE STREQUAL "thread")
  add_compile_definitions(__SANITIZE_THREAD__)  # g++ defines these two, clang 19 does not
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND (LAKEHOUSE_SANITIZE OR LAKEHOUSE_FUZZ))
  add_compile_definitions(__SANITIZE_ADDRESS__)
endif()
find_program(LAKEHOUSE_MOLD mold)
if(LAKEHOUSE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

if(LAKEHOUSE_SANITIZE)
  add_compile_options(-fsanitize=${LAKEHOUSE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LAKEHOUSE_SANITIZE})
elseif(LAKEHOUSE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(LAKEHOUSE_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
