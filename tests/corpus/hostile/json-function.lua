-- expect: bad_value "is a function"
json.encode { f = print }
