-- expect: resource_cycle
require "itself"
