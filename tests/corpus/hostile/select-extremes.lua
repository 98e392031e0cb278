-- expect: ok
assert(not pcall(select, -2, 1))
assert(not pcall(select, 0))
assert(select("#", select(math.maxinteger, 1)) == 0)
return {}
