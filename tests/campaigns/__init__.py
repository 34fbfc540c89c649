"""Long campaigns against a case: altered bits, killed commands. Each is a target of the Makefile; the tests run a slice."""
