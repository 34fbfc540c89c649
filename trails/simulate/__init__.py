"""Fictional cases with known truth: the test bench of every inference, and the material of tabletop exercises."""
