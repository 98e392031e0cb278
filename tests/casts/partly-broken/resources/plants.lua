return { "rose", "ivy", "mint" }
