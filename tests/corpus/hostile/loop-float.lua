-- expect: timeout
for x = 0.0, 1e300 do end
