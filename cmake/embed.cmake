# Write a C table of files:
#
#     cmake -DOUT=file.c -DKIND=template -DHEADER=t.h -DDIR=schedules -DFILES="a;b" -P embed.cmake
#
# gives struct template_builtin template_builtins[], named "schedules/a", of the header t.h.
set(text "#include \"${HEADER}\"\n\n")
set(rows "")
set(count 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND text "static const unsigned char bytes_${count}[] = {\n${hex}\n};\n\n")
  string(APPEND rows
         "\t{ \"${DIR}/${name}\", bytes_${count}, sizeof bytes_${count} },\n")
  math(EXPR count "${count} + 1")
endforeach()
# The last row keeps the table from being empty.
string(APPEND text "const struct ${KIND}_builtin ${KIND}_builtins[] = {\n${rows}"
                   "\t{ 0, 0, 0 },\n};\n\n"
                   "const size_t ${KIND}_builtin_count = ${count};\n")
file(WRITE ${OUT} "${text}")
