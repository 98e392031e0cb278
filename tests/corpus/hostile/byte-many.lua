-- expect: ok
assert(select("#", ("x"):rep(65536):byte(1, -1)) == 65536)
assert(#{ ("x"):byte(math.mininteger, math.maxinteger) } == 1)
return {}
