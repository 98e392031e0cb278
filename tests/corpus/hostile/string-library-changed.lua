-- expect: ok
string.upper = function() return "changed" end
string.__index = nil
string.__gc = print
string.__concat = function() return "never" end
assert(("x"):upper() == "changed" and ("x") .. "y" == "xy")
return {}
