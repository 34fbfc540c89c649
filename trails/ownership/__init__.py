"""Which nodes have one owner: claims with their reasons, the CoinJoin screen before them, entities after them."""
