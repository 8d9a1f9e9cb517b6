"""Any sequence of requests against the model of what the API promises: every answer, every object, every event.

Each step foretells the code of the answer, the object afterwards with its owners of fields, and how far the revision moves; a
dry run of the same request must answer the same and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.properties.apiserver.calls import Api, Entry, Watch
from tests.properties.apiserver.inputs import (
    ANY_KIND,
    GRACE,
    KIND_AND_EDITS,
    KIND_AND_VALUES,
    KIND_TO_APPLY,
    LABELS,
    MANAGERS,
    NAMES,
    POLICIES,
    RARELY,
    some,
    values,
)  # fmt: skip
from tests.properties.apiserver.model import (
    FINALIZERS,
    KINDS,
    PHASE,
    WIDGET,
    Changes,
    Kind,
    Refused,
    Thing,
    Tree,
    Values,
    applied,
    changed_patch,
    changed_tree,
    created,
    deleted,
    has_map,
    is_about_maps,
    is_finished,
    scaled,
    thing_of,
    tree_of,
    values_of,
    written,
)

JSON, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
Outcome = tuple[Thing | None, bool]
"""(the object afterwards, whether it is gone)."""


class Promises(RuleBasedStateMachine):
    """The server and the model side by side."""

    def __init__(self) -> None:
        """Start both empty."""
        super().__init__()
        self.api = Api()
        self.things: dict[tuple[Kind, str], Thing] = {}
        self.journal: list[Entry] = []
        self.uids: set[str] = set()
        self.start = self.api.revision
        self.watches: list[Watch] = []
        self.pages: list[tuple[Kind, str, set[str]]] = []

    def teardown(self) -> None:
        """Every watch must have seen every write."""
        try:
            for watch in self.watches:
                self._check_watch(watch)
        finally:
            self.api.close()

    def _request(self, method: str, kind: Kind, name: str, body: Any, foretell: Callable[[Thing | None], Outcome],
                 *, path: str = "", query: dict[str, str] | None = None, media: str = "application/json",
                 dry: bool = False) -> None:  # fmt: skip
        """Foretell, dry-run when asked for, send and compare."""
        old = self.things.get((kind, name))
        if media == APPLY and old is not None and not old.owned:
            return  # `before-first-apply` would come to own what nobody owns, which is no matter of this model
        try:
            new, is_gone = foretell(old)
            expected = 201 if old is None else 200
        except Refused as refused:
            new, is_gone, expected = old, False, refused.code
        target, before = kind.path if method == "POST" else f"{kind.path}/{name}{path}", self.api.revision
        if dry:
            status, value = self.api.call(method, target, body, query={**(query or {}), "dryRun": "All"}, kind=media)
            assert status == expected or is_about_maps(value), f"dry run: {status} instead of {expected}: {value}"
            assert self.api.revision == before
            return
        status, value = self.api.call(method, target, body, query=query, kind=media)
        if status == 409 and media == APPLY and is_about_maps(value):
            return
        assert status == expected, f"{status} instead of {expected}: {value}"
        if expected < 300:
            self._settle(kind, name, old, new, is_gone=is_gone, before=before, may_differ=media == APPLY)

    def _settle(self, kind: Kind, name: str, old: Thing | None, new: Thing | None, *, is_gone: bool, before: int,
                may_differ: bool) -> None:  # fmt: skip
        """Compare the stored object with what was foretold, and keep it; `may_differ` in owners that are not compared."""
        assert new is not None
        tree = self.api.get(kind, name)
        if is_gone:
            assert tree is None and old is not None
            assert self.api.revision > before
            del self.things[kind, name]
            last = replace(new, revision=self.api.revision - 1) if kind.has_grace and self.api.revision > before + 1 else old
            if last is not old:
                self.journal.append(Entry(last.revision, kind, name, old, last))
            self.journal.append(Entry(self.api.revision, kind, name, replace(last, revision=self.api.revision), None))
            return
        assert tree is not None
        found = thing_of(kind, tree)
        if old is None:
            assert found.uid not in self.uids
            self.uids.add(found.uid)
            new = replace(new, uid=found.uid)
        assert not found.differences(new)
        is_same = old is not None and new.same(old) and not (may_differ and found.revision > before)
        assert self.api.revision == before + (0 if is_same else 1)
        assert found.revision == (old.revision if is_same and old else self.api.revision)
        self.things[kind, name] = found
        if not is_same:
            self.journal.append(Entry(found.revision, kind, name, old, found))

    def _on_existing(self, change: Callable[[Thing], Thing]) -> Callable[[Thing | None], Outcome]:
        def foretell(old: Thing | None) -> Outcome:
            if old is None:
                raise Refused(404)
            new = change(old)
            return new, is_finished(new)

        return foretell

    def _current(self, kind: Kind, name: str) -> Tree:
        return self.api.get(kind, name) or tree_of(kind, name, {})

    @initialize(stated=st.tuples(*(some(kind) for kind in KINDS)))
    def begin(self, stated: tuple[Values, ...]) -> None:
        for kind, fields in zip(KINDS, stated, strict=True):
            self.create((kind, fields), "x", "m1", False)

    @rule(what=KIND_AND_VALUES, name=NAMES, manager=MANAGERS, dry=RARELY)
    def create(self, what: tuple[Kind, Values], name: str, manager: str, dry: bool) -> None:
        kind, stated = what

        def foretell(old: Thing | None) -> Outcome:
            if old is not None:
                raise Refused(409)
            return created(kind, stated, (manager, "Update", "")), False

        self._request("POST", kind, name, tree_of(kind, name, stated), foretell, query={"fieldManager": manager}, dry=dry)

    @rule(what=KIND_AND_EDITS, name=NAMES, manager=MANAGERS, sub=st.sampled_from(("", "", "status")), dry=RARELY,
          version=st.sampled_from(("current", "current", "none", "stale", "uid")))  # fmt: skip
    def update(self, what: tuple[Kind, Changes], name: str, manager: str, sub: str, dry: bool, version: str) -> None:
        kind, changes = what
        sub = sub if kind is WIDGET else ""
        body = changed_tree(self._current(kind, name), changes)
        body["metadata"].setdefault("resourceVersion", "1")
        if version == "none":
            del body["metadata"]["resourceVersion"]
        elif version == "stale":
            body["metadata"]["resourceVersion"] = "1"
        elif version == "uid":
            body["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"

        def change(old: Thing) -> Thing:
            if version == "none" and kind.needs_version and not sub:
                raise Refused(422)
            if version in ("stale", "uid"):
                raise Refused(409)
            return written(kind, old, values_of(kind, body), (manager, "Update", sub))

        path = f"/{sub}" if sub else ""
        self._request("PUT", kind, name, body, self._on_existing(change), path=path, query={"fieldManager": manager}, dry=dry)

    @rule(what=KIND_AND_EDITS, name=NAMES, manager=MANAGERS, sub=st.sampled_from(("", "", "status")), dry=RARELY,
          media=st.sampled_from((MERGE, STRATEGIC)))  # fmt: skip
    def patch(self, what: tuple[Kind, Changes], name: str, manager: str, sub: str, dry: bool, media: str) -> None:
        kind, changes = what
        media = MERGE if kind is WIDGET else media
        sub = sub if kind is WIDGET else ""
        changes = {path: value for path, value in changes.items() if path[:2] != FINALIZERS or media == MERGE}
        tree = self._current(kind, name)
        changes = {
            path: value for path, value in changes.items() if value is not None or path[:2] == FINALIZERS or has_map(tree, path)
        }
        patch = changed_patch(tree, changes)

        def change(old: Thing) -> Thing:
            new = {path: value for path, value in {**old.values, **changes}.items() if value is not None}
            return written(kind, old, new, (manager, "Update", sub))

        self._request("PATCH", kind, name, patch, self._on_existing(change), path=f"/{sub}" if sub else "",
                      query={"fieldManager": manager}, media=media, dry=dry)  # fmt: skip

    @rule(kind=ANY_KIND, name=NAMES, manager=MANAGERS, dry=RARELY, edit=st.data())
    def json_patch(self, kind: Kind, name: str, manager: str, dry: bool, edit: st.DataObject) -> None:
        path = edit.draw(st.sampled_from([path for path in kind.fields if path[:2] != FINALIZERS and path[0] != "status"]))
        action = edit.draw(st.sampled_from(("add", "replace", "remove", "test")))
        value = edit.draw(values(path))
        operation = {"op": action, "path": "/" + "/".join(path)} | ({"value": value} if action != "remove" else {})

        def change(old: Thing) -> Thing:
            is_there = path in old.values or action in ("add", "replace")
            if path[:-1] not in self._containers(kind, name) or not is_there:
                raise Refused(422)
            if action == "test":
                if old.values[path] != value:
                    raise Refused(422)
                return old
            new = {**old.values, path: value}
            if action == "remove":
                del new[path]
            return written(kind, old, new, (manager, "Update", ""))

        self._request("PATCH", kind, name, [operation], self._on_existing(change), query={"fieldManager": manager}, media=JSON,
                      dry=dry)  # fmt: skip

    def _containers(self, kind: Kind, name: str) -> set[tuple[str, ...]]:
        """The maps that exist in an object, empty ones as well."""
        tree = self._current(kind, name)
        found = {("metadata", part) for part in ("labels", "annotations") if part in tree["metadata"]}
        return found | {(part,) for part in ("data", "spec") if part in tree}

    @rule(what=KIND_TO_APPLY, name=NAMES, manager=MANAGERS, force=st.booleans(), dry=RARELY)
    def apply(self, what: tuple[Kind, Values], name: str, manager: str, force: bool, dry: bool) -> None:
        kind, stated = what
        stated = {path: value for path, value in stated.items() if path[0] != "status"}

        def foretell(old: Thing | None) -> Outcome:
            new = applied(kind, old, stated, (manager, "Apply", ""), force=force)
            return new, is_finished(new)

        query = {"fieldManager": manager, "force": str(force).lower()}
        self._request("PATCH", kind, name, tree_of(kind, name, stated), foretell, query=query, media=APPLY, dry=dry)

    @rule(name=NAMES, manager=MANAGERS, phase=st.sampled_from((None, "1", "2")), force=st.booleans(), dry=RARELY)
    def apply_status(self, name: str, manager: str, phase: str | None, force: bool, dry: bool) -> None:
        stated: Values = {PHASE: phase} if phase else {}

        def change(old: Thing) -> Thing:
            return applied(WIDGET, old, stated, (manager, "Apply", "status"), force=force)

        query = {"fieldManager": manager, "force": str(force).lower()}
        self._request("PATCH", WIDGET, name, tree_of(WIDGET, name, stated), self._on_existing(change), path="/status",
                      query=query, media=APPLY, dry=dry)  # fmt: skip

    @rule(name=NAMES, manager=MANAGERS, replicas=st.integers(-1, 3), is_stale=st.booleans(), dry=RARELY)
    def scale(self, name: str, manager: str, replicas: int, is_stale: bool, dry: bool) -> None:
        body = {"metadata": {"name": name}, "spec": {"replicas": replicas}}
        if is_stale:
            body["metadata"]["resourceVersion"] = "1"

        def change(old: Thing) -> Thing:
            if replicas < 0:
                raise Refused(422)
            if is_stale:
                raise Refused(409)
            return scaled(WIDGET, old, replicas, (manager, "Update", "scale"))

        self._request("PUT", WIDGET, name, body, self._on_existing(change), path="/scale", query={"fieldManager": manager},
                      dry=dry)  # fmt: skip

    @rule(kind=ANY_KIND, name=NAMES, policy=POLICIES, grace=GRACE, dry=RARELY,
          condition=st.sampled_from(("", "", "", "uid", "revision", "other uid", "other revision")))  # fmt: skip
    def delete(self, kind: Kind, name: str, policy: str, grace: int | None, dry: bool, condition: str) -> None:
        options: Tree = {"propagationPolicy": policy} if policy else {}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        meta = self._current(kind, name)["metadata"]
        given = {"uid": meta.get("uid", "u"), "resourceVersion": meta.get("resourceVersion", "1")}
        given = {"uid": "other", "resourceVersion": "1"} if condition.startswith("other") else given
        if condition:
            key = "uid" if condition.endswith("uid") else "resourceVersion"
            options["preconditions"] = {key: given[key]}

        def foretell(old: Thing | None) -> Outcome:
            if old is None:
                raise Refused(404)
            if condition.startswith("other"):
                raise Refused(409)
            return deleted(kind, old, policy, grace)

        self._request("DELETE", kind, name, options or None, foretell, dry=dry)

    @rule(kind=ANY_KIND, policy=POLICIES, label=LABELS, grace=GRACE, dry=RARELY)
    def delete_collection(self, kind: Kind, policy: str, label: str, grace: int | None, dry: bool) -> None:
        options: Tree = {"propagationPolicy": policy} if policy else {}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        query = ({"labelSelector": f"l={label}"} if label else {}) | ({"dryRun": "All"} if dry else {})
        before = self.api.revision
        status, value = self.api.call("DELETE", kind.path, options, query=query)
        assert status == 200, value
        if dry:
            assert self.api.revision == before
            return
        for name in ("x", "y"):
            old = self.things.get((kind, name))
            if old is None or (label and old.values.get(("metadata", "labels", "l")) != label):
                continue
            new, is_gone = deleted(kind, old, policy, grace)
            tree = self.api.get(kind, name)
            assert (tree is None) == is_gone
            before += self._wrote(kind, name, old, new, tree, before)
        assert self.api.revision == before

    def _wrote(self, kind: Kind, name: str, old: Thing, new: Thing, tree: Tree | None, before: int) -> int:
        """Keep one object of a deleted collection; returns how many writes it took."""
        if tree is not None:
            found = thing_of(kind, tree)
            assert not found.differences(new)
            self.things[kind, name] = found
            if not new.same(old):
                assert found.revision == before + 1
                self.journal.append(Entry(found.revision, kind, name, old, found))
            return 0 if new.same(old) else 1
        del self.things[kind, name]
        last, writes = old, 1
        if kind.has_grace:
            last, writes = replace(new, revision=before + 1), 2
            self.journal.append(Entry(before + 1, kind, name, old, last))
        gone = replace(last, revision=before + writes)
        self.journal.append(Entry(before + writes, kind, name, gone, None))
        return writes

    @rule(kind=ANY_KIND, label=LABELS, back=st.integers(0, 30))
    def watch_the_past(self, kind: Kind, label: str, back: int) -> None:
        watch = self.api.watch(kind, max(self.start, self.api.revision - back), label)
        self._check_watch(watch)
        watch.close()

    @precondition(lambda self: len(self.watches) < 3)
    @rule(kind=ANY_KIND, label=LABELS, back=st.integers(0, 10))
    def keep_watching(self, kind: Kind, label: str, back: int) -> None:
        self.watches.append(self.api.watch(kind, max(self.start, self.api.revision - back), label))

    def _check_watch(self, watch: Watch) -> None:
        entries = [entry for entry in self.journal if entry.revision > watch.since and entry.kind is watch.kind]
        expected = []
        for entry in entries:
            event = entry.event(watch.label)
            if event is not None:
                expected.append((event[0], event[1], replace(event[2], revision=entry.revision)))
        assert watch.events(len(expected)) == expected

    @rule(kind=ANY_KIND, back=st.integers(0, 30))
    def list_the_past(self, kind: Kind, back: int) -> None:
        revision = max(self.start, self.api.revision - back)
        found, meta = self.api.list(kind, resourceVersion=str(revision), resourceVersionMatch="Exact")
        assert meta["resourceVersion"] == str(revision)
        assert found == self._at(kind, revision)

    def _at(self, kind: Kind, revision: int) -> dict[str, Thing]:
        """Replay the journal."""
        found: dict[str, Thing] = {}
        for entry in self.journal:
            if entry.kind is kind and entry.revision <= revision:
                if entry.new is None:
                    del found[entry.name]
                else:
                    found[entry.name] = entry.new
        return found

    @rule(kind=ANY_KIND)
    def begin_pages(self, kind: Kind) -> None:
        found, meta = self.api.list(kind, limit="1")
        if meta.get("continue"):
            rest = set(self._at(kind, self.api.revision)) - set(found)
            self.pages.append((kind, meta["continue"], rest))

    @precondition(lambda self: self.pages)
    @rule()
    def continue_pages(self) -> None:
        kind, token, rest = self.pages.pop()
        assert set(self.api.list(kind, limit="5", **{"continue": token})[0]) == rest

    @invariant()
    def what_is_listed_is_what_was_foretold(self) -> None:
        for kind in KINDS:
            assert self.api.list(kind)[0] == {name: thing for (of, name), thing in self.things.items() if of is kind}


TestPromises = Promises.TestCase
TestPromises.settings = settings(stateful_step_count=40)
