-- expect: memory "more than 16384 entries by key"
-- All keys fall on one place of the table once it has 131072: putting them in again, when it grows, is one instruction.
local t = {}
for i = 1, 65536 do t[i * 131071] = true end
t[65537 * 131071] = true
