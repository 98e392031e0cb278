-- expect: not_utf8 "a.b is a string that is not UTF-8"
return { a = { b = "\xC0\xAF" } }
