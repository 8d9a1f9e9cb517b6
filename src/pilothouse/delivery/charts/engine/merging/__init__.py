"""Values: merging, the language of --set, and the schema check."""
