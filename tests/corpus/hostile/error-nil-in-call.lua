-- expect: runtime "error value of type nil"
return { attack = function() error(nil) end }
