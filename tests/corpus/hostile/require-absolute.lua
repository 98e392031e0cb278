-- expect: resource_not_found "/etc/passwd"
require "/etc/passwd"
