"""Hawala codes: whether they balance, whether they are reused, and which transfers on other rails fit a payout."""
