-- expect: runtime "several values"
return {}, {}
