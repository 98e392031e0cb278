-- expect: bad_value "key 0"
return { list = { [0] = 1 } }
