"""A render from chart and values to sorted manifests, and how its failures are worded."""
