# lakehouse_embed(<target> NAMESPACE <ns> FILES <files>): compiles files into the target as `std::string_view k<Name>` in
# "embedded_<target>.h" of that namespace, named after the file: home.html becomes kHomeHtml. No installed asset can go missing.
function(lakehouse_embed target)
  cmake_parse_arguments(A "" "NAMESPACE" "FILES" ${ARGN})
  set(header ${CMAKE_CURRENT_BINARY_DIR}/embedded/embedded_${target}.h)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/embedded_${target}.s)
  set(declarations "")
  set(assembly "  .section .rodata\n")
  foreach(file IN LISTS A_FILES)
    cmake_path(ABSOLUTE_PATH file)
    cmake_path(GET file FILENAME name)
    string(REGEX REPLACE "[^A-Za-z0-9]+" ";" words ${name})
    set(identifier "k")
    foreach(word IN LISTS words)
      string(SUBSTRING ${word} 0 1 first)
      string(TOUPPER ${first} first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(APPEND identifier ${first}${rest})
    endforeach()
    set(symbol lakehouse_${target}_${identifier})
    string(APPEND declarations
      "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n"
      "inline const std::string_view ${identifier}(${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol}));\n")
    string(APPEND assembly
      "  .global ${symbol}\n  .global ${symbol}_end\n${symbol}:\n  .incbin \"${file}\"\n${symbol}_end:\n  .byte 0\n")
    set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${file})
  endforeach()
  string(APPEND assembly "  .section .note.GNU-stack,\"\",%progbits\n")
  file(CONFIGURE OUTPUT ${header} CONTENT
    "#pragma once\n#include <string_view>\n\nnamespace ${A_NAMESPACE} {\n${declarations}}\n" @ONLY)
  file(CONFIGURE OUTPUT ${source} CONTENT "${assembly}" @ONLY)
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embedded)
endfunction()
