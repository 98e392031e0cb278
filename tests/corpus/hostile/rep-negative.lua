-- expect: ok
assert(("x"):rep(-1) == "" and ("x"):rep(math.mininteger) == "" and ("x"):rep(0) == "")
assert((""):rep(math.maxinteger) == "")
assert(("x"):rep(65536):len() == 65536)
return {}
