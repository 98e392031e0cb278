-- expect: runtime "returns a function instead of a table"
return function() end
