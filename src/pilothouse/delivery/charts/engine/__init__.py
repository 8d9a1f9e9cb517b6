"""The pure engine: text to parse trees to Python code, values merged, charts rendered. No clock, no files, no network."""
