"""The operations of a group version: which paths there are, with which verbs and parameters."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Resource, Subresource

Obj = dict[str, Any]
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_JSON = ("application/json", "application/vnd.kubernetes.protobuf", "application/yaml")
_PATCHES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
_STRATEGIC = "application/strategic-merge-patch+json"
_LIST = ("allowWatchBookmarks:boolean", "continue", "fieldSelector", "labelSelector", "limit:integer", "resourceVersion",
         "resourceVersionMatch", "sendInitialEvents:boolean", "timeoutSeconds:integer", "watch:boolean")  # fmt: skip
_WRITE = ("dryRun", "fieldManager", "fieldValidation")
_DELETE = ("dryRun", "gracePeriodSeconds:integer", "orphanDependents:boolean", "propagationPolicy")
_ACTIONS = {"get": "get", "list": "list", "create": "post", "update": "put", "patch": "patch", "delete": "delete",
            "deletecollection": "deletecollection", "connect": "connect"}  # fmt: skip
_METHODS = {"get": "get", "list": "get", "create": "post", "update": "put", "patch": "patch", "delete": "delete",
            "deletecollection": "delete"}  # fmt: skip
_WORDS = {"get": "read", "list": "list", "create": "create", "update": "replace", "patch": "patch", "delete": "delete",
          "deletecollection": "deletecollection"}  # fmt: skip
EVERYWHERE = "ForAllNamespaces"
_CONNECT = frozenset(("attach", "exec", "portforward", "proxy"))


def parameter(text: str, where: str = "query") -> Obj:
    """Return a parameter from `name` or `name:type`."""
    name, _, kind = text.partition(":")
    out: Obj = {"name": name, "in": where, "schema": {"type": kind or "string", "uniqueItems": True}}
    if where == "path":
        out["required"] = True
    return out


class PathWriter:
    """Writes the paths of one group version."""

    def __init__(self, group: str, version: str, names: dict[str, str]) -> None:
        """`names` maps kinds to schema names."""
        self.group, self.version, self.names = group, version, names
        self.prefix = f"/apis/{group}/{version}" if group else f"/api/{version}"
        short = group.split(".", maxsplit=1)[0] or "core"
        self.tag = f"{_camel(short, '')}_{version}" if group else "core_v1"
        self.stem = (short[:1].upper() + short[1:]) + version[:1].upper() + version[1:]
        self.paths: dict[str, Obj] = {}

    def root(self) -> None:
        """Describe the list of resources."""
        operation = {
            "tags": [self.tag], "description": "get available resources", "operationId": f"get{self.stem}APIResources",
            "responses": responses(META + "APIResourceList"),
        }  # fmt: skip
        self.paths[f"{self.prefix}/"] = {"get": operation}

    def resource(self, resource: Resource) -> None:
        """Describe a resource and its subresources."""
        scoped = (
            f"{self.prefix}/namespaces/{{namespace}}/{resource.plural}"
            if resource.namespaced
            else f"{self.prefix}/{resource.plural}"
        )
        one = f"{scoped}/{{name}}"
        for verb in ("list", "create", "deletecollection"):
            if verb in resource.verbs:
                self._add(scoped, verb, resource, None)
        for verb in ("get", "update", "patch", "delete"):
            if verb in resource.verbs:
                self._add(one, verb, resource, None)
        if resource.namespaced and "list" in resource.verbs:
            self._add(f"{self.prefix}/{resource.plural}", "list", resource, None)
            self.paths[f"{self.prefix}/{resource.plural}"]["get"]["operationId"] = self._id("list", resource, EVERYWHERE)
        for sub in resource.subresources.values():
            self._subresource(resource, sub, one)
        if "watch" in resource.verbs and not resource.is_custom:
            self._watches(resource)

    def _subresource(self, resource: Resource, sub: Subresource, one: str) -> None:
        path = f"{one}/{sub.name}"
        for verb in sub.verbs:
            self._add(path, verb, resource, sub)
        if sub.name == "proxy":
            self.paths[f"{path}/{{path}}"] = _with_path(self.paths[path])

    def _watches(self, resource: Resource) -> None:
        plural = resource.plural
        scoped = f"/namespaces/{{namespace}}/{plural}" if resource.namespaced else f"/{plural}"
        paths = [scoped, f"{scoped}/{{name}}"]
        if resource.namespaced:
            paths.append(f"/{plural}")
        for path in paths:
            is_one = path.endswith("{name}")
            operation = self._operation("list", resource, None)
            suffix = "" if is_one else "List" + ("" if path.startswith(scoped) else EVERYWHERE)
            operation["operationId"] = self._id("watch", resource, suffix)
            operation["x-kubernetes-action"] = "watch" if is_one else "watchlist"
            operation["responses"] = responses(META + "WatchEvent")
            operation.pop("parameters", None)
            found = {"get": operation, "parameters": [*_in_path(path), *(parameter(name) for name in _LIST)]}
            self.paths[f"{self.prefix}/watch{path}"] = found

    def _add(self, path: str, verb: str, resource: Resource, sub: Subresource | None) -> None:
        item = self.paths.setdefault(path, {})
        if "parameters" not in item:
            item["parameters"] = [*_in_path(path), parameter("pretty")]
        item[_METHODS[verb]] = self._operation(verb, resource, sub)

    def _id(self, verb: str, resource: Resource, suffix: str) -> str:
        """Return the name of an operation, unique in its document."""
        scope = "Namespaced" if resource.namespaced and not suffix.endswith(EVERYWHERE) else ""
        if verb == "deletecollection":
            verb, scope = "delete", f"Collection{scope}"
        return f"{verb}{self.stem}{scope}{resource.kind}{suffix}"

    def _operation(self, verb: str, resource: Resource, sub: Subresource | None) -> Obj:
        kind = resource if sub is None else sub
        schema = self.names.get(f"{kind.group}/{kind.version}/{kind.kind}", "")
        suffix = (sub.name[:1].upper() + sub.name[1:]) if sub is not None else ""
        out: Obj = {
            "tags": [self.tag], "description": f"{_WORDS[verb]} the {resource.kind}",
            "operationId": self._id(_WORDS[verb], resource, suffix),
            "parameters": [parameter(name) for name in _parameters(verb)],
        }  # fmt: skip
        if verb in ("create", "update"):
            out["requestBody"] = {"content": {"*/*": {"schema": _ref(schema)}}, "required": True}
        elif verb == "patch":
            kinds = _PATCHES if resource.is_custom else (*_PATCHES, _STRATEGIC)
            out["requestBody"] = {"content": {name: {"schema": _ref(META + "Patch")} for name in kinds}, "required": True}
        elif verb in ("delete", "deletecollection"):
            out["requestBody"] = {"content": {"*/*": {"schema": _ref(META + "DeleteOptions")}}}
        answer = self.names.get(f"{kind.group}/{kind.version}/{resource.list_kind}", "") if verb == "list" else schema
        if verb in ("delete", "deletecollection"):
            answer = META + "Status"
        out["responses"] = responses(answer)
        connects = sub is not None and sub.name in _CONNECT
        out["x-kubernetes-action"] = "connect" if connects else _ACTIONS[verb]
        out["x-kubernetes-group-version-kind"] = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        return out


def _in_path(path: str) -> list[Obj]:
    return [parameter(name, "path") for name in ("name", "namespace") if f"{{{name}}}" in path]


def _with_path(item: Obj) -> Obj:
    """Return the operations of a proxy for paths below it."""
    out: Obj = {"parameters": [*item["parameters"], parameter("path", "path")]}
    for method, operation in item.items():
        if method != "parameters":
            out[method] = {**operation, "operationId": operation["operationId"] + "WithPath"}
    return out


def _parameters(verb: str) -> tuple[str, ...]:
    if verb in ("create", "update"):
        return _WRITE
    if verb == "patch":
        return (*_WRITE, "force:boolean")
    if verb == "list":
        return _LIST
    if verb == "delete":
        return _DELETE
    return (*_DELETE, *_LIST) if verb == "deletecollection" else ()


def _ref(name: str) -> Obj:
    return {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}


def responses(name: str) -> Obj:
    """Return the answers of an operation that returns `schema`."""
    content = {media: {"schema": _ref(name)} for media in _JSON}
    return {"200": {"description": "OK", "content": content}, "401": {"description": "Unauthorized"}}


def _camel(text: str, glue: str) -> str:
    return glue.join(text.split("-"))
