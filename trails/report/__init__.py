"""The evidence summary: one frozen result document, and its renderings, which compute nothing."""
