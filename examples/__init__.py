"""Fictional cases with known answers, shipped with the package. Nothing in them is real."""
