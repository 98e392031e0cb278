-- expect: memory "more than 65536 bytes"
json.encode(("\1"):rep(60000))
