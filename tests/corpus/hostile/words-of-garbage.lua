-- expect: ok
assert(#text.words(("\xff'-\xE2\x80"):rep(10000)) == 0)
return {}
