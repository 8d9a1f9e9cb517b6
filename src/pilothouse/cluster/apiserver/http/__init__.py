"""The first and last stage: paths, content negotiation, bodies, Status answers, limits. Pure functions on messages."""
