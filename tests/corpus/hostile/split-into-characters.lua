-- expect: ok
assert(#text.split(("x"):rep(65536), "") == 65536)
return {}
