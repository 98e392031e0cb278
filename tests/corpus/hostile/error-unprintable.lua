-- expect: runtime
error("\xff\xfe\n\r\27[31m\0\u{202e}")
