"""Strategic merge patches against `kubectl patch --local`, which is the reference implementation without a server."""
