"""Any bytes whatever give records, issues or one clear error: two fuzzers over every installed connector."""
