"""What building an image can fail with."""

from __future__ import annotations

from pilothouse.kit.errors import Invalid, NotFound, TooLarge


class DockerfileInvalid(Invalid):
    """A line of the Dockerfile is wrong or asks for something that is not supported."""

    reason = "DockerfileInvalid"


class ContextInvalid(Invalid):
    """The folder to build from cannot be used."""

    reason = "ContextInvalid"


class ContextTooLarge(TooLarge):
    """The folder holds more than a layer may."""

    reason = "ContextTooLarge"


class LayoutDamaged(Invalid):
    """The image layout on disk is not one."""

    reason = "LayoutDamaged"


class UnknownImage(NotFound):
    """No image of this name is in the layout."""

    reason = "UnknownImage"
