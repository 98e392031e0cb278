-- expect: resource_not_found
require "../loop"
