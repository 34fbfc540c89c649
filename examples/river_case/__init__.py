"""The river case: a fictional payment trail over hawala codes, USDT and Bitcoin, with its answers written down."""
