-- expect: timeout
-- Twenty tables that are about to grow, each so that all its keys collide then. Few instructions make them all do so.
local t = {}
for n = 1, 20 do
  local filled = {}
  for i = 1, 8192 do filled[i * 16383] = true end
  t[n] = filled
end
t[1][8193 * 16383] = true
t[2][8193 * 16383] = true
t[3][8193 * 16383] = true
t[4][8193 * 16383] = true
t[5][8193 * 16383] = true
t[6][8193 * 16383] = true
t[7][8193 * 16383] = true
t[8][8193 * 16383] = true
t[9][8193 * 16383] = true
t[10][8193 * 16383] = true
t[11][8193 * 16383] = true
t[12][8193 * 16383] = true
t[13][8193 * 16383] = true
t[14][8193 * 16383] = true
t[15][8193 * 16383] = true
t[16][8193 * 16383] = true
t[17][8193 * 16383] = true
t[18][8193 * 16383] = true
t[19][8193 * 16383] = true
t[20][8193 * 16383] = true
