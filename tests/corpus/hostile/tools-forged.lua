-- expect: bad_value
local self = {}
self.tools = { { run = print, self = self } }
return self
