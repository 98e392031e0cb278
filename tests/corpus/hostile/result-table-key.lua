-- expect: bad_value "key of type table"
return { [{}] = 1 }
