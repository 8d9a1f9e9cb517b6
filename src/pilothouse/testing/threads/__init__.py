"""Reaching a control plane from other threads: it runs on its own event loop, and tests call it from whatever they run on."""
