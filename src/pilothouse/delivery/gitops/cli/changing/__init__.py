"""Verbs that write an application: create, set, unset, delete."""
