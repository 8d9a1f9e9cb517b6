"""Pilothouse: a Kubernetes-compatible control plane and its platform services, in Python."""

__version__ = "0.1.0"
__all__ = ["__version__"]
