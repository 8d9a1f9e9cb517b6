"""Authentication: client certificates, static tokens, ServiceAccount tokens, impersonation."""
