"""A training day: hand-outs released as time goes by, a guide, a solution key, and a sheet that scores the participants."""
