"""The operations on releases: each reads what is stored, lets the engine decide, and acts through the adapters."""
