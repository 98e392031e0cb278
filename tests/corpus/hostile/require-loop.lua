-- expect: timeout
require "endless"
