"""What there is, and how it is: groups and resources, OpenAPI documents, version, health and metrics.

`groups` answers discovery, `documents` OpenAPI (with `paths` and `schemas`), `health` the paths outside the API.
"""
