"""Patterns of payment: one module per pattern, each a pure function from the tables of a case to a table of hits."""
