-- expect: syntax "unexpected symbol"
require "broken"
