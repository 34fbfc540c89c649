"""The clustering step of a case: its tables as arrays, every ownership rule, the guard, judgements, and what is written."""
