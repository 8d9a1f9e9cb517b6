"""The cluster that a `sync-order` case describes: it answers the commands of the sync engine and notes what was done."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec

from pilothouse.api.meta import Tree, metadata, name_of
from pilothouse.delivery.gitops.engine.sync import Answer, Command, Options, Resource, Sync, TaskResult
from pilothouse.delivery.gitops.engine.sync.commands import (
    Apply,
    Delete,
    Discover,
    Judge,
    Read,
    RemoveFinalizer,
    Steps,
    WaveDone,
)
from pilothouse.delivery.gitops.engine.sync.generate import select
from pilothouse.delivery.gitops.engine.sync.objects import HOOK_FINALIZER, identity_of
from pilothouse.kit.errors import Conflict, InternalError, NotFound, PilothouseError, Unauthorized

T = TypeVar("T")
Case = dict[str, Any]
_CLUSTER_SCOPED = {"Namespace", "CustomResourceDefinition"}


def tree_of(given: Case) -> Tree:
    """Return the object a case describes."""
    meta = {key: copy.deepcopy(given[key]) for key in ("name", "namespace", "annotations", "finalizers") if given.get(key)}
    tree: Tree = {"apiVersion": given.get("apiVersion") or "v1", "kind": given.get("kind") or "", "metadata": meta}
    if given.get("crd"):
        tree["spec"] = {"group": given["crd"]["group"], "names": {"kind": given["crd"]["kind"]}}
    return tree


def live_tree(given: Case) -> Tree:
    """Return the live form of an object, which may have another namespace."""
    tree = tree_of(given)
    if "liveNamespace" in given:
        metadata(tree)["namespace"] = given["liveNamespace"]
    return tree


def resources_of(case: Case) -> list[Resource]:
    """Return the pairs of wanted and live objects of a case."""
    return [
        Resource(tree_of(given) if given.get("target") else None, live_tree(given) if given.get("live") else None)
        for given in case.get("resources") or []
    ]


def options_of(case: Case) -> Options:
    """Return the sync options of a case."""
    given = case.get("options") or {}
    propagation = next((value for key, value in given.items() if "ropagation" in key), None)
    return Options(
        namespace=given.get("namespace") or "", revision=given.get("revision") or "", prune=given.get("prune", True),
        prune_last=bool(given.get("pruneLast")), prune_confirmed=bool(case.get("pruneConfirmed") or given.get("pruneConfirmed")),
        default_prune=given.get("defaultPruneOption") or "",
        prune_propagation=str(propagation or "foreground").capitalize(),
        dry_run=bool(given.get("dryRun") or given.get("syncDryRun")), force=bool(given.get("force")),
        replace=bool(given.get("replace")), validate=given.get("validate", True) is not False,
        server_side_apply=bool(given.get("serverSideApply")), manager=given.get("serverSideApplyManager") or "",
        apply_out_of_sync_only=bool(given.get("applyOutOfSyncOnly")), skip_hooks=bool(given.get("skipHooks")),
        skip_dry_run_on_missing=bool(given.get("skipDryRunOnMissingResource")),
        creates_namespace=bool(given.get("createNamespace")), started_at=1_700_000_000.0,
    )  # fmt: skip


class _Verdict(msgspec.Struct, frozen=True):
    status: str
    message: str


class FakeCluster:
    """Answers commands as the case says."""

    def __init__(self, case: Case) -> None:
        """Take over what the case says about the cluster."""
        self._case = copy.deepcopy(case)
        self._given: list[Case] = [*(case.get("resources") or []), *(case.get("hooks") or [])]
        self._failures: Case = case.get("failures") or {}
        self._live: set[str] = {given["id"] for given in self._given if given.get("live")}
        self._readable: set[str] | None = None
        self._terminating: set[str] = set()
        self._before = copy.deepcopy(self._given)
        self.discovery_calls = 0
        self.operations: list[str] = []
        self.commands: list[Command] = []
        self.waves: list[Case] = []

    def is_input_unchanged(self) -> bool:
        """Whether what was given to the engine is what it was."""
        return self._given == self._before

    @property
    def has_deleted(self) -> bool:
        """Whether a deletion was asked for."""
        return any(isinstance(command, Delete) for command in self.commands)

    def sync(self) -> Sync:
        """Return the sync of the case, with its state so far."""
        only = (self._case.get("options") or {}).get("only") or []
        denied = (self._case.get("permissions") or {}).get("deny") or ""
        sync = Sync(
            self._resources(), [tree_of(hook) for hook in self._case.get("hooks") or []], options_of(self._case),
            modified=self._modified(), permit=lambda _tree, _is_namespaced: denied,
            is_selected=lambda tree: select(only, tree, str(tree["apiVersion"]).rpartition("/")[0]),
        )  # fmt: skip
        initial = self._case.get("initialState") or {}
        for given in sorted(initial.get("results") or [], key=lambda result: result.get("order", 0)):
            key = f"{identity_of(self._tree(given['id']))}:{given.get('syncPhase') or 'Sync'}"
            sync.results[key] = TaskResult(
                given.get("status") or "", given.get("hookPhase") or "", given.get("message") or "", given.get("order", 0)
            )
        return sync

    def _tree(self, ident: str) -> Tree:
        return tree_of(next(given for given in self._given if given["id"] == ident))

    def _modified(self) -> dict[str, bool]:
        modified = self._case.get("modified") or {}
        found: dict[str, bool] = {}
        for given in self._given:
            if given["id"] in modified:
                found[identity_of(tree_of(given))] = found[identity_of(live_tree(given))] = modified[given["id"]]
        return found

    def _resources(self) -> list[Resource]:
        found = []
        seen = set()
        for given in self._given:
            target = tree_of(given) if given.get("target") else None
            live = self._live_form(given) if given["id"] in self._live else None
            if (target is None and live is None) or given["id"] in seen:
                continue
            seen.add(given["id"])
            found.append(Resource(target, live))
        return found

    def _live_form(self, given: Case) -> Tree:
        tree = live_tree(given)
        if not metadata(tree).get("namespace") and "liveNamespace" not in given and tree["kind"] not in _CLUSTER_SCOPED:
            metadata(tree)["namespace"] = options_of(self._case).namespace
        if given["id"] in self._terminating:
            metadata(tree)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        return tree

    def turn_to(self, given: Case, sync: Sync) -> None:
        """Make the cluster as it is before a step."""
        if "live" in given:
            self._live = set(given["live"])
        self._readable = set(given["apiGet"]) if "apiGet" in given else None
        self._terminating = set(given.get("terminating") or ())
        self.operations, self.commands, self.discovery_calls, self.waves = [], [], 0, []
        if given.get("pruneConfirmed"):
            sync.options = msgspec.structs.replace(sync.options, prune_confirmed=True)
        self._force(given.get("force") or {}, sync)
        sync.resources = self._resources()

    def _force(self, forced: Any, sync: Sync) -> None:
        """Mark results as completed, as the step says: by id, or as a list of results."""
        given = forced if isinstance(forced, list) else [forced] if "id" in forced else list(forced.items())
        for one in given:
            ident, phase = (one, "Succeeded") if isinstance(one, str) else one if isinstance(one, tuple) else (one["id"], one)
            value = phase if isinstance(phase, str) else phase.get("hookPhase") or phase.get("phase") or "Succeeded"
            for key, result in sync.results.items():
                if self._name_of_key(key) == ident:
                    sync.results[key] = msgspec.structs.replace(result, hook_phase=value)

    def id_of(self, tree: Tree) -> str:
        """Return the id the case gives an object."""
        for given in self._given:
            if (given["kind"], given["name"]) == (tree.get("kind"), name_of(tree)):
                return str(given["id"])
        return f"ns:{name_of(tree)}" if tree.get("kind") == "Namespace" else name_of(tree)

    def _name_of_key(self, key: str) -> str:
        _, kind, _, rest = key.split("/", 3)
        name = rest.rpartition(":")[0]
        return self.id_of({"kind": kind, "metadata": {"name": name}})

    def results(self, sync: Sync) -> list[Case]:
        """Return the results of a sync as cases state them."""
        return [
            {"id": self._name_of_key(key), "status": result.status, "hookPhase": result.hook_phase, "message": result.message,
             "kind": key.split("/")[1]}
            for key, result in sync.results.items()
        ]  # fmt: skip

    def drive(self, steps: Steps[T]) -> T:
        """Run the engine to the end of a step."""
        reply: Answer | None = None
        while True:
            try:
                command = next(steps) if reply is None else steps.send(reply)
            except StopIteration as stop:
                found: T = stop.value
                return found
            self.commands.append(command)
            try:
                reply = Answer(self._handlers[type(command)](self, command))
            except PilothouseError as error:
                reply = Answer(error=error)

    def _discover(self, command: Discover) -> Any:
        self.discovery_calls += 1
        failing = self._failures.get("discovery")
        if failing and "error" in failing:
            raise InternalError(failing["error"])
        if failing and self.discovery_calls <= failing["times"]:
            raise (Unauthorized if failing["status"] == 401 else Conflict)(f"discovery answered {failing['status']}")
        known = (self._case.get("options") or {}).get("knownTypes")
        builtin = "." not in command.api_version.partition("/")[0] or command.api_version.partition("/")[0].endswith(".k8s.io")
        if known is not None and not builtin and f"{command.api_version} {command.kind}" not in known:
            raise NotFound(f"the server does not serve {command.kind} of {command.api_version}")
        return command.kind not in _CLUSTER_SCOPED

    def _apply(self, command: Apply) -> Any:
        ident = self.id_of(command.target)
        if command.is_dry_run:
            self._refuse("dryRun", ident)
            return ""
        label = f"Namespace/{name_of(command.target)}" if ident.startswith("ns:") else ident
        self.operations.append(f"{'create' if command.command == 'create' else 'apply'} {label}")
        self._refuse("apply", ident)
        self._refuse("create", ident)
        return ""

    def _refuse(self, what: str, ident: str) -> None:
        failing = self._failures.get(what)
        if isinstance(failing, str):
            raise InternalError(failing)
        name = ident.removeprefix("ns:")
        if isinstance(failing, dict) and (ident in failing or name in failing):
            raise InternalError(failing.get(ident) or failing[name])

    def _delete(self, command: Delete) -> Any:
        if self._case.get("race"):
            raise NotFound("the object is gone")
        ident = self.id_of(command.tree)
        self.operations.append(f"delete {ident}")
        self._refuse("delete", ident)

    def _remove_finalizer(self, command: RemoveFinalizer) -> Any:
        ident = self.id_of(command.tree)
        self._refuse("update", ident)
        if HOOK_FINALIZER in (metadata(command.tree).get("finalizers") or ()):
            self.operations.append(f"removeFinalizer {ident}")

    def _read(self, command: Read) -> Any:
        ident = self.id_of(command.tree)
        if ident not in (self._live if self._readable is None else self._readable):
            raise NotFound(f"{ident} is not there")
        return command.tree

    def _judge(self, command: Judge) -> Any:
        status = (self._case.get("health") or {}).get(name_of(command.tree), "Progressing")
        if isinstance(status, dict):
            return _Verdict(status.get("status") or "Progressing", status.get("message") or "")
        return _Verdict(status, "test" if status != "Progressing" else "")

    def _wave_done(self, command: WaveDone) -> Any:
        self.waves.append({"phase": command.phase, "wave": command.wave, "final": command.is_final})
        if self._case.get("waveCallbackError"):
            raise InternalError(self._case["waveCallbackError"])

    _handlers: ClassVar[dict[type, Callable[[FakeCluster, Any], Any]]] = {
        Discover: _discover, Apply: _apply, Delete: _delete, RemoveFinalizer: _remove_finalizer, Read: _read, Judge: _judge,
        WaveDone: _wave_done,
    }  # fmt: skip
