-- expect: timeout
local function twice()
  pcall(twice)
  pcall(twice)
end
twice()
