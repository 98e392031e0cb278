-- expect: bad_value "list is a list with holes"
return { list = { 1, nil, 3 } }
