-- expect: runtime "boom"
table.sort({ 3, 2, 1 }, function() error("boom") end)
