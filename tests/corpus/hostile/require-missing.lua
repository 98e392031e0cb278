-- expect: resource_not_found "nowhere"
require "nowhere"
