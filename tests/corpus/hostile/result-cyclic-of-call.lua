-- expect: bad_value "contains itself"
return { attack = function(ctx) ctx.ctx = ctx return ctx end }
