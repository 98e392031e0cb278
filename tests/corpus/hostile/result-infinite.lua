-- expect: bad_value "not finite"
return { attack = function() return -math.huge end }
