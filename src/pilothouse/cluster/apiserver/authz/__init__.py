"""Authorisation: RBAC compiled per user, reviews, protection against escalation, the bootstrap policy."""
