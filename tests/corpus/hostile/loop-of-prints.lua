-- expect: timeout
while true do print("flood", 1, {}) end
