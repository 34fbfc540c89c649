"""Connectors: one folder per kind of source. Found by trails through the `trails.connectors` entry points."""
