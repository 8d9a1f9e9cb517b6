"""The rules of Kubernetes objects, as pure functions on values.

Scheme (which kinds exist), metadata, quantities, selectors, patches, schemas, defaults and validation. Nothing here does I/O or
reads a clock; the API server, the controllers and the chart engine all use the same rules.
"""
