"""Where notifications go, and where their settings come from."""
