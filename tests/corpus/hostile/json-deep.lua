-- expect: bad_value "nested too deeply"
json.decode(("["):rep(32768) .. ("]"):rep(32768))
