-- expect: not_utf8
return { "\xED\xA0\x80" }
