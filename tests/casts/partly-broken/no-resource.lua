-- resource-not-found, at line 2.
local missing = require "missing"

return { name = "No resource", value = missing }
