"""The verb `chart lint`."""
