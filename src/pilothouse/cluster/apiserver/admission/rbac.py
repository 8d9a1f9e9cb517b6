"""Nobody grants what they do not hold, and nobody creates by patching what they may not create."""

from __future__ import annotations

from pilothouse.api.findings import quote
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.authz.access import denied
from pilothouse.cluster.apiserver.authz.nodes import Nodes
from pilothouse.cluster.apiserver.authz.rbac import GROUP, MASTERS, Rbac, covers
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Attributes, Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden, names

_ROLES, _BINDINGS = frozenset(("Role", "ClusterRole")), frozenset(("RoleBinding", "ClusterRoleBinding"))


class Creation(Stage):
    """The right to create, asked for when an apply found nothing to change; the request was authorised as a patch."""

    def __init__(self, backend: Backend) -> None:
        """Decide by what users hold now."""
        self.rbac, self.nodes = Rbac(backend), Nodes(backend)

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse a create that came as anything but a POST, unless the user may create."""
        if old is not None or call.verb != "create" or call.request.method == "POST":
            return
        resource = call.resource
        wanted = Attributes("create", True, resource.group, resource.version, resource.plural, "", call.namespace, call.name)
        self.rbac.forget()
        if not self.nodes.allows(call.user, wanted) and not self.rbac.allows(call.user, wanted):
            raise denied(call.user, wanted)


class Escalation(Stage):
    """The check before each write of a role or binding."""

    kinds = _ROLES | _BINDINGS

    def __init__(self, backend: Backend) -> None:
        """Compare with what users hold now."""
        self.rbac = Rbac(backend)

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse roles and bindings that give more than the user has."""
        if call.resource.group != GROUP or call.verb == "delete" or MASTERS in call.user.groups:
            return
        kind = call.resource.kind
        if kind in _ROLES:
            if (old or {}).get("rules") == obj.get("rules") and old is not None:
                return
            if not self._may(call, "escalate", call.resource.plural, call.name):
                self._check(call, obj, list(obj.get("rules") or ()))
        elif kind in _BINDINGS:
            self._check_binding(call, obj)

    def _may(self, call: Call, verb: str, plural: str, name: str) -> bool:
        self.rbac.forget()
        return self.rbac.allows(call.user, Attributes(verb, True, GROUP, "v1", plural, "", call.namespace, name))

    def _check_binding(self, call: Call, obj: Obj) -> None:
        reference = obj.get("roleRef") or {}
        plural = "clusterroles" if reference.get("kind") == "ClusterRole" else "roles"
        if self._may(call, "bind", plural, reference.get("name", "")):
            return
        namespace = "" if plural == "clusterroles" else call.namespace
        if self.rbac.backend.find(GROUP, plural, namespace, reference.get("name", "")) is None:
            name = reference.get("name", "")
            text = f'{call.resource.group_resource} "{name}" not found'
            raise StatusError(404, "NotFound", text, names(name, GROUP, call.resource.plural))
        self._check(call, obj, self.rbac.role_rules(reference, call.namespace))

    def _check(self, call: Call, obj: Obj, wanted: list[Obj]) -> None:
        self.rbac.forget()
        grants = self.rbac.grants(call.user)
        owned = [*grants.cluster, *grants.namespaces.get(call.namespace, [])]
        missing = [part for rule in wanted for part in covers(owned, rule)]
        if not missing:
            return
        groups = " ".join(quote(group) for group in call.user.groups)
        lines = "\n".join(_shown(part) for part in _merged(missing))
        why = (
            f"user {quote(call.user.name)} (groups=[{groups}]) is attempting to grant RBAC permissions not "
            f"currently held:\n{lines}"
        )
        raise forbidden(call.resource, obj["metadata"].get("name", ""), why)


def _merged(parts: list[Obj]) -> list[Obj]:
    out: dict[str, Obj] = {}
    for part in parts:
        key = str({name: value for name, value in part.items() if name != "verbs"})
        found = out.setdefault(key, {**part, "verbs": []})
        if part["verbs"][0] not in found["verbs"]:
            found["verbs"].append(part["verbs"][0])
    return list(out.values())


def _shown(rule: Obj) -> str:
    fields = (("apiGroups", "APIGroups"), ("resources", "Resources"), ("resourceNames", "ResourceNames"),
              ("nonResourceURLs", "NonResourceURLs"), ("verbs", "Verbs"))  # fmt: skip
    parts = []
    for key, name in fields:
        if rule.get(key):
            values = " ".join(quote(value) for value in rule[key])
            parts.append(f"{name}:[{values}]")
    return "{" + ", ".join(parts) + "}"
