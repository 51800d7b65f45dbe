"""The conditions of a `behavior:`, one module each: `NAME`, the word in the rule file, and `make`."""
