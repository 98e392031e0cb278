-- expect: memory
text.lower(("\u{23A}"):rep(32768))
