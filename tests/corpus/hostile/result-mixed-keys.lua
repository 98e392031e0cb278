-- expect: bad_value "both string and number keys"
return { list = { 1, 2, x = 3 } }
