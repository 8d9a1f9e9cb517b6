"""Functions that make keys, certificates, hashes and random text, and their budget."""
