"""What the server notes or limits because of who asks: requesters of certificates, and nodes."""

from pilothouse.cluster.apiserver.admission.identity.nodes import NodeRestriction
from pilothouse.cluster.apiserver.admission.identity.signing import SigningRequests

__all__ = ["NodeRestriction", "SigningRequests"]
