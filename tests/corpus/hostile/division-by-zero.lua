-- expect: runtime "attempt to perform"
return { 1 % 0 }
