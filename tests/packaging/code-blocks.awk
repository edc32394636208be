# Writes each code block of a Markdown file (fenced) or of a header's comments (@code … @endcode) to a separate file:
# FOLDER/1.c, FOLDER/2.cpp … A second word after the language, as in ```c gtk, gives FOLDER/3.gtk.c.
# usage: awk -v folder=FOLDER -f tests/packaging/code-blocks.awk FILE
function begin(language, word) {
  file = folder "/" ++count (word == "" ? "" : "." word) "." language
  inside = 1
  printf "" > file
}
function end() { close(file); inside = 0 }

/^```/ && inside { end(); next }
/^```[a-z]/ { split(substr($0, 4), word, " "); begin(word[1], word[2]); next }

/^ \*  ?[@\\]code\{\.[a-z]*\}/ { match($0, /\{\.[a-z]*/); begin(substr($0, RSTART + 2, RLENGTH - 2), ""); next }
/^\/\/\/ [@\\]code$/ { begin("cpp", ""); next }
/[@\\]endcode/ { end(); next }

inside {
  sub(/^ \* ?/, "")
  sub(/^\/\/\/ ?/, "")
  print > file
}
