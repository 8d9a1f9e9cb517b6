"""The documents are true: their commands run, the files they name exist, generated pages are current."""
