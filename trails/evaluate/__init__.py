"""How often the inferences are right, measured on data whose answers are known."""
