-- expect: runtime "nested deeper than 32 levels"
json.decode(("["):rep(32768) .. ("]"):rep(32768))
