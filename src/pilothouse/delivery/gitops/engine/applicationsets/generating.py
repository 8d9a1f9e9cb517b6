"""From an ApplicationSet to the Applications it wants."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, annotations_of, namespace_of
from pilothouse.api.patch.strategic import apply_strategic_patch
from pilothouse.delivery.gitops.engine.applicationsets import combining
from pilothouse.delivery.gitops.engine.applicationsets.asks import Ask, Asking, Params
from pilothouse.delivery.gitops.engine.applicationsets.documents import read_document
from pilothouse.delivery.gitops.engine.applicationsets.generators import SIMPLE, Simple
from pilothouse.delivery.gitops.engine.applicationsets.parameters import filled, flat
from pilothouse.delivery.gitops.engine.applicationsets.selecting import check_selector, selects
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed

FINALIZER = "resources-finalizer.argocd.argoproj.io"
MAX_APPLICATIONS = 20_000
PARAMETERS_FAILED, TEMPLATE_FAILED = "ApplicationParamsGenerationError", "RenderTemplateParamsError"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_COMBINING = {"matrix": combining.matrix, "merge": combining.merge}
GENERATORS = (*SIMPLE, *_COMBINING)


class Generated(msgspec.Struct):
    """What an ApplicationSet came to: the Applications, and the first thing that went wrong with its reason."""

    applications: list[Tree] = []
    error: GeneratorFailed | None = None
    reason: str = ""

    def note(self, error: GeneratorFailed, reason: str) -> None:
        """Keep the first error; the other generators go on."""
        if self.error is None:
            self.error, self.reason = error, reason


def chosen(generator: Tree) -> list[tuple[str, Tree]]:
    """Return the kinds of a generator that are set, with their spec."""
    return [(name, generator[name]) for name in GENERATORS if isinstance(generator.get(name), Mapping)]


def generate(
    generator: Tree, templates: Templates, project: str, params: Params, *, where: str = "", simple: Mapping[str, Simple] = SIMPLE
) -> Asking:
    """Carry out one generator, filled with `params`, and return what passes its selector; raises `GeneratorFailed`.

    `where` names the generator it stands in, which may hold exactly one; `simple` are those that look at one thing.
    """
    kinds = chosen(generator)
    if not kinds:
        raise GeneratorFailed("generator is empty" if not where else f"child generator of {where} generated no parameters")
    if where and len(kinds) > 1:
        raise GeneratorFailed(f"found more than one generator in {where}.Generators")
    found: list[Params] = []
    for name, _ in kinds:
        spec = (templates.generator(generator, params) if params else generator)[name]
        if name in simple:
            found += yield from simple[name](spec, templates, project)
        else:
            found += yield from _combined(name, spec, templates, project, simple)
    selector = generator.get("selector")
    if selector is None:
        return found
    check_selector(selector)
    return [one for one in found if selects(selector, flat(one))]


def _combined(name: str, spec: Tree, templates: Templates, project: str, simple: Mapping[str, Simple]) -> Asking:
    def inner(generator: Tree, params: Params) -> Asking:
        return generate(generator, templates, project, params, where=name, simple=simple)

    return (yield from _COMBINING[name](spec, templates, inner))


def applications(tree: Tree, templates: Templates) -> Generator[Ask, Any, Generated]:
    """Carry out all generators of an ApplicationSet. Errors of one do not keep the others from being carried out."""
    spec, generated = tree.get("spec") or {}, Generated()
    template = spec.get("template") or {}
    project = str((template.get("spec") or {}).get("project") or "")
    for generator in spec.get("generators") or []:
        try:
            sets = yield from generate(generator, templates, project, {})
        except GeneratorFailed as error:
            generated.note(error, PARAMETERS_FAILED)
            continue
        own = merged_template(generator, template)
        for params in sets:
            if len(generated.applications) >= MAX_APPLICATIONS:
                generated.note(GeneratorFailed(f"more than {MAX_APPLICATIONS} Applications are generated"), PARAMETERS_FAILED)
                return generated
            try:
                generated.applications.append(application(tree, own, params, templates))
            except GeneratorFailed as error:
                generated.note(error, TEMPLATE_FAILED)
    return generated


def merged_template(generator: Tree, template: Tree) -> Tree:
    """Return the template of a generator, with what the ApplicationSet's one has and it leaves empty."""
    own = next((spec.get("template") for _, spec in chosen(generator) if spec.get("template")), None)
    merged: Tree = filled(own or {}, template)
    return merged


def application(tree: Tree, template: Tree, params: Params, templates: Templates) -> Tree:
    """Return the Application of one set of parameters; it lives where the ApplicationSet does."""
    spec = tree.get("spec") or {}
    found = rendered(template, spec.get("syncPolicy"), params, templates)
    if spec.get("templatePatch"):
        found = patched(found, templates.text(str(spec["templatePatch"]), params))
    meta = {**(found.get("metadata") or {}), "namespace": namespace_of(tree)}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", **found, "metadata": meta}


def rendered(template: Tree, sync_policy: Tree | None, params: Params, templates: Templates) -> Tree:
    """Return a template filled with parameters; without a finalizer of its own it gets the one that removes resources."""
    found: Tree = templates.tree(template, params) if params else template
    meta = found.get("metadata") or {}
    keeps = bool((sync_policy or {}).get("preserveResourcesOnDeletion"))
    if not params or keeps or meta.get("finalizers"):
        return found
    return {**found, "metadata": {**meta, "finalizers": [FINALIZER]}}


def patched(application: Tree, text: str) -> Tree:
    """Return an Application with a template patch applied; its project stays. Raises `GeneratorFailed`."""
    patch = read_document(text)
    if not isinstance(patch, Mapping):
        raise GeneratorFailed(f"invalid templatePatch {text[:100]!r}: it is no object")
    found: Tree = apply_strategic_patch(application, dict(patch), None)
    project = (application.get("spec") or {}).get("project")
    spec = {key: value for key, value in (found.get("spec") or {}).items() if key != "project"}
    return {**found, "spec": spec if project is None else {"project": project, **spec}}


def unknown_generators(tree: Tree) -> tuple[bool, list[str]]:
    """Return whether an ApplicationSet has generators nobody knows, and their names as far as what was applied tells."""
    generators = (tree.get("spec") or {}).get("generators") or []
    places = [number for number, generator in enumerate(generators) if not chosen(generator)]
    try:
        written = json.loads(annotations_of(tree).get(_LAST_APPLIED, ""))["spec"]["generators"]
        names = {next(iter(written[number])) for number in places if number < len(written) and written[number]}
    except (ValueError, KeyError, TypeError):
        names = set()
    return bool(places), sorted(names)
