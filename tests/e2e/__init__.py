"""Tests with real programs and whole platforms, started the way a user starts them."""
