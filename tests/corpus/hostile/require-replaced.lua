-- expect: ok
require = nil
string.rep = nil
_G = nil
pcall = nil
return {}
