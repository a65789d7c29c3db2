# cmake -DOUTPUT=FILE.cc -DHEADER=... -DNAMESPACE=... "-DFILES=NAME=PATH|NAME=PATH..." -P EmbedFiles.cmake
#
# Writes files as std::string_view constants, byte for byte, so that a program has its web pages in itself.
string(REPLACE "|" ";" entries "${FILES}")
set(text "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n")
set(views "")
foreach(entry IN LISTS entries)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND text "constexpr unsigned char ${name}Bytes[] = {\n${bytes}\n};\n")
  string(APPEND views
    "const std::string_view ${name}(reinterpret_cast<const char*>(${name}Bytes), sizeof ${name}Bytes);\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}}  // namespace\n\n${views}\n}  // namespace ${NAMESPACE}\n")
