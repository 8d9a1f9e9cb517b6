"""Delivery: charts, GitOps and images."""
