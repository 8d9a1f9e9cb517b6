"""The verb `chart show`."""
