-- expect: not_utf8 "not UTF-8"
return { ["\xff"] = 1 }
