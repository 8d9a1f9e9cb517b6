"""One served resource: its names, verbs, subresources and schema."""

from __future__ import annotations

import base64
import hashlib

import msgspec

from pilothouse.api.schema import Schema

_STORED_AS_BETA = frozenset(("CustomResourceDefinition", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"))
"""Kinds that Kubernetes 1.36 still stores in their beta version; the hash in discovery tells."""


class Subresource(msgspec.Struct, frozen=True):
    """A path below an object."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]
    schema: Schema | None = None


class PrinterColumn(msgspec.Struct, frozen=True):
    """One column of a custom resource's table."""

    name: str
    type: str
    json_path: str
    description: str = ""
    format: str = ""
    priority: int = 0


class Resource(msgspec.Struct, frozen=True):
    """A resource served at one group and version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    schema: Schema
    list_kind: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: dict[str, Subresource] = {}
    storage_group: str = ""
    storage_version: str = ""
    storage_plural: str = ""
    is_custom: bool = False
    generation: bool = False
    """Whether a change of the spec counts up metadata.generation."""
    columns: tuple[PrinterColumn, ...] = ()
    selectable: tuple[str, ...] = ()
    """Field paths a field selector may use, besides metadata.name and metadata.namespace."""
    crd_name: str = ""
    warning: str = ""
    """What clients of this version are warned of."""
    scale_paths: tuple[str, str, str] = ("", "", "")
    """spec, status and selector paths of a custom resource's scale subresource."""
    stored_schemas: dict[str, Schema] = {}
    """apiVersion -> schema of a custom resource's objects as they may be stored."""
    is_terminating: bool = False
    """Whether the definition of a custom resource is being deleted, so that nothing new may come."""

    @property
    def api_version(self) -> str:
        """Group and version as written in objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """Plural with group, as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def group_kind(self) -> str:
        """Kind with group, as messages name it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def prefix(self) -> str:
        """Path prefix of the group version."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def storage_prefix(self) -> str:
        """Store key prefix; all versions of a resource share it."""
        return f"/registry/{self.storage_group or 'core'}/{self.storage_plural}/"

    def key(self, namespace: str, name: str) -> str:
        """Return the store key of an object."""
        return f"{self.storage_prefix}{namespace}/{name}" if self.namespaced else f"{self.storage_prefix}{name}"

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the URL path of the collection or of one object."""
        middle = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{self.prefix}{middle}/{self.plural}" + (f"/{name}" if name else "")

    def storage_version_hash(self) -> str:
        """Return the hash discovery shows for the storage version."""
        version = "v1beta1" if self.kind in _STORED_AS_BETA else self.storage_version
        identity = f"{self.storage_group}/{version}/{self.kind}"
        return base64.b64encode(hashlib.sha256(identity.encode()).digest()[:8]).decode()
