-- expect: syntax "unfinished string"
return { name = "no end
}
