"""Container images from a folder, without a daemon: deterministic OCI layouts.

`image build -t NAME FOLDER` reads the folder's Dockerfile (FROM host or scratch, COPY, WORKDIR, ENV, CMD, ENTRYPOINT, EXPOSE,
LABEL, USER, STOPSIGNAL), packs the files into one layer and tags the image in an OCI image layout. The same input always yields
the same bytes: entries are sorted, times are zero, owners are root, compression is fixed. Without a Dockerfile the folder
becomes /app.

Base `host` declares that the layer lies over the machine's own root, seen read-only; the node agent honours it. That is how an
application needs no base image to download. Limits: no RUN (nothing is executed while building), one platform (this machine's),
no registry yet. Flow: `cli` -> `engine` (Dockerfile and files to a plan, a plan to blobs) -> `adapters` (folder, layout).
"""

from __future__ import annotations

from typing import Any

__all__ = ["ImageLayout", "build_image"]


def __getattr__(name: str) -> Any:
    """Load the facade on first use, so that importing the package costs nothing."""
    if name in __all__:
        from pilothouse.delivery.images import adapters

        return getattr(adapters, name)
    raise AttributeError(name)
