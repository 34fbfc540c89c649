"""Damaged and hostile inputs for every connector."""
