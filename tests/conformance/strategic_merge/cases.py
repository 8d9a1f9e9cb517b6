"""Objects and patches drawn from a seed: workloads and Services with keyed lists, patches with every directive."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Tree = dict[str, Any]
NAMES = ("app", "side", "init", "proxy")
PORTS = (80, 443, 8080, 9090)
PROTOCOLS = ("TCP", "UDP")
WORDS = ("a", "b", "c", "d")


class Draw:
    """Random pieces of objects; the same seed draws the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, values: tuple[Any, ...], low: int = 0) -> list[Any]:
        """Some of `values`, in any order."""
        return self.random.sample(values, self.random.randint(low, len(values)))

    def maybe(self, chance: float = 0.5) -> bool:
        return self.random.random() < chance

    def labels(self) -> Tree:
        return {key: self.random.choice(WORDS) for key in self.some(WORDS)}

    def container(self, name: str) -> Tree:
        made: Tree = {"name": name, "image": f"{self.random.choice(WORDS)}:{self.random.randint(1, 3)}"}
        parts: dict[str, Callable[[], Any]] = {
            "env": lambda: [{"name": key, "value": self.random.choice(WORDS)} for key in self.some(WORDS)],
            "ports": lambda: [
                {"containerPort": port, "protocol": self.random.choice(PROTOCOLS), "name": f"p{port}"}
                for port in self.some(PORTS)
            ],
            "args": lambda: self.some(WORDS),
            "volumeMounts": lambda: [{"name": key, "mountPath": f"/{key}"} for key in self.some(WORDS)],
            "resources": lambda: {"limits": {"cpu": self.random.choice(("1", "2"))}, "requests": {"memory": "1Mi"}},
            "livenessProbe": lambda: {"httpGet": {"path": "/", "port": self.random.choice(PORTS)}, "periodSeconds": 5},
        }
        made.update({key: make() for key, make in parts.items() if self.maybe()})
        return made

    def pod_spec(self) -> Tree:
        spec: Tree = {"containers": [self.container(name) for name in self.some(NAMES, 1)]}
        parts: dict[str, Callable[[], Any]] = {
            "initContainers": lambda: [self.container(name) for name in self.some(NAMES)],
            "volumes": lambda: [
                self.random.choice(({"name": key, "emptyDir": {}}, {"name": key, "configMap": {"name": "m"}}))
                for key in self.some(WORDS)
            ],
            "tolerations": lambda: [{"key": key, "operator": "Exists"} for key in self.some(WORDS)],
            "imagePullSecrets": lambda: [{"name": key} for key in self.some(WORDS)],
            "nodeSelector": self.labels,
            "hostAliases": lambda: [{"ip": f"10.0.0.{n}", "hostnames": self.some(WORDS)} for n in self.some((1, 2, 3))],
            "topologySpreadConstraints": lambda: [
                {"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"} for key in self.some(WORDS)
            ],
        }
        spec.update({key: make() for key, make in parts.items() if self.maybe()})
        return spec

    def metadata(self) -> Tree:
        made: Tree = {"name": "x"}
        parts: dict[str, Callable[[], Any]] = {
            "labels": self.labels, "annotations": self.labels,
            "finalizers": lambda: [f"example.com/{word}" for word in self.some(WORDS)],
            "ownerReferences": lambda: [
                {"apiVersion": "v1", "kind": "Pod", "name": word, "uid": word} for word in self.some(WORDS)
            ],
        }  # fmt: skip
        made.update({key: make() for key, make in parts.items() if self.maybe()})
        return made

    def deployment(self) -> Tree:
        strategy = self.random.choice(
            ({"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
        )
        template = {"metadata": {"labels": self.labels()}, "spec": self.pod_spec()}
        spec = {
            "replicas": self.random.randint(0, 3),
            "selector": {"matchLabels": {"a": "b"}},
            "template": template,
            "strategy": strategy,
        }
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": self.metadata(), "spec": spec}

    def pod(self) -> Tree:
        return {"apiVersion": "v1", "kind": "Pod", "metadata": self.metadata(), "spec": self.pod_spec()}

    def service(self) -> Tree:
        ports = [{"port": port, "protocol": self.random.choice(PROTOCOLS), "name": f"p{port}"} for port in self.some(PORTS, 1)]
        spec = {"ports": ports, "selector": self.labels(), "externalIPs": [f"10.1.0.{n}" for n in self.some((1, 2, 3))]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": self.metadata(), "spec": spec}

    def config(self) -> Tree:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": self.metadata(), "data": self.labels()}


KINDS: dict[str, Callable[[Draw], Tree]] = {
    "Deployment": Draw.deployment, "Pod": Draw.pod, "Service": Draw.service, "ConfigMap": Draw.config,
}  # fmt: skip
_KEYS = {
    "containers": "name", "initContainers": "name", "env": "name", "ports": ("containerPort", "port"),
    "volumeMounts": "mountPath", "volumes": "name", "imagePullSecrets": "name", "hostAliases": "ip", "ownerReferences": "uid",
    "topologySpreadConstraints": "topologyKey",
}  # fmt: skip
_PRIMITIVE = ("finalizers", "args", "externalIPs")


class Patcher:
    """Turns another object of a kind into a patch: fields left out, values removed, directives put in."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def patch(self, kind: str) -> Tree:
        """Return a patch for an object of `kind`."""
        found = self._map(KINDS[kind](self.draw), depth=0)
        for key in ("apiVersion", "kind"):
            found.pop(key, None)
        if isinstance(found.get("metadata"), dict):
            found["metadata"].pop("name", None)
        return found

    def _map(self, tree: Tree, depth: int) -> Tree:
        draw, out = self.draw, {}
        for key, value in tree.items():
            if draw.maybe(0.25):
                continue
            if draw.maybe(0.06) and depth:
                out[key] = None
            elif isinstance(value, dict):
                out[key] = self._map(value, depth + 1)
            elif isinstance(value, list):
                self._list(out, key, value, depth)
            else:
                out[key] = value
        if depth > 1 and draw.maybe(0.04):
            out["$patch"] = draw.random.choice(("replace", "delete", "merge", "replace"))
        if depth > 1 and draw.maybe(0.04):
            out["$retainKeys"] = [key for key in out if not key.startswith("$")]
        return out

    def _list(self, out: Tree, key: str, value: list[Any], depth: int) -> None:
        draw = self.draw
        if key in _PRIMITIVE:
            if draw.maybe(0.7):
                out[key] = value
            if draw.maybe(0.3):
                out[f"$deleteFromPrimitiveList/{key}"] = draw.random.sample(value, draw.random.randint(0, len(value)))
            is_both = key in out and f"$deleteFromPrimitiveList/{key}" in out
            if (is_both or draw.maybe(0.2)) and key in out:  # without an order, kubectl does the two in any order
                out[f"$setElementOrder/{key}"] = list(value)
            return
        items = [self._item(key, item, depth) if isinstance(item, dict) else item for item in value]
        if draw.maybe(0.05) and all(isinstance(item, dict) for item in items):
            items.append({"$patch": "replace"})
        out[key] = items
        merge_key = self._key_of(key, value)
        if merge_key and draw.maybe(0.15):
            out[f"$setElementOrder/{key}"] = [{merge_key: item[merge_key]} for item in value]

    def _item(self, key: str, item: Tree, depth: int) -> Tree:
        merge_key = self._key_of(key, [item])
        if merge_key and self.draw.maybe(0.12):
            return {merge_key: item[merge_key], "$patch": "delete"}
        made = self._map(item, depth + 1)
        if merge_key:
            made[merge_key] = item[merge_key]
        return made

    def _key_of(self, key: str, items: list[Any]) -> str:
        found = _KEYS.get(key, "")
        if isinstance(found, tuple):
            return next((name for name in found if items and name in items[0]), "")
        return found
