"""Everything the node agent can report as a failure.

The reasons are the words kubelet writes into container states, so that `kubectl describe` and existing alerts understand them.
Raised by adapters and runtimes, turned into container states and Events by the controller.
"""

from __future__ import annotations

from pilothouse.kit.errors import Invalid, NotFound, NotSupported, PilothouseError, Unavailable


class SupervisorUnavailable(Unavailable):
    """The process that owns the Pods' programs does not answer."""

    reason = "SupervisorUnavailable"


class RuntimeFailure(PilothouseError):
    """The supervisor refused or failed an operation."""

    reason = "RunContainerError"


class StartFailed(RuntimeFailure):
    """A program could not be started: not found, not executable, or its sandbox could not be prepared."""

    reason = "RunContainerError"


class SandboxFailed(RuntimeFailure):
    """The network or file system view of a Pod could not be made."""

    reason = "FailedCreatePodSandBox"


class ForwardFailed(Unavailable):
    """A port of a Pod cannot be reached from inside it."""

    reason = "PortForwardFailed"


class ConfigMissing(Invalid):
    """The Pod refers to a ConfigMap, Secret, key or field that is not there."""

    reason = "CreateContainerConfigError"


class PortTaken(Invalid):
    """Without network namespaces, two Pods want the same port of the machine."""

    reason = "CreateContainerError"


class MountFailed(Unavailable):
    """A volume cannot be provided now."""

    reason = "FailedMount"


class ImageMissing(NotFound):
    """An image reference does not resolve to an image of this machine."""

    reason = "ErrImagePull"


class ImageBroken(Invalid):
    """An image exists but its content is damaged or over a limit."""

    reason = "ErrImagePull"


class InvalidImageName(Invalid):
    """The text is no image reference."""

    reason = "InvalidImageName"


class UnsupportedPod(NotSupported):
    """The Pod asks for something this machine cannot give; the message says what."""

    reason = "UnsupportedPod"
