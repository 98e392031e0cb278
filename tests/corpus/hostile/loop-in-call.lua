-- expect: timeout
return { attack = function() while true do end end }
