"""Programs that use clients of others as their documentation shows it; tests/e2e/test_clients.py runs them."""
