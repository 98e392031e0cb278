-- expect: runtime "attempt to call a nil value (global 'setmetatable')"
setmetatable({}, { __gc = print })
