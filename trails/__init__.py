"""trails: follow payments across hawala codes, USDT and Bitcoin, and cite every step to file and row."""

__version__ = "0.2.0.dev0"
