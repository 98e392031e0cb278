-- expect: bad_value "key of type boolean"
return { [true] = 1 }
