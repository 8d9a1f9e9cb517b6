"""The rows of the rule table, one module for each area of the ecosystem."""
