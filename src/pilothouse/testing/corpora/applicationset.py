"""Answers to the cases of `applicationset`: the engine that the controller runs, with the world of the case."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import orjson

from pilothouse.api.selectors import label_selector_from_object
from pilothouse.delivery.gitops.adapters.gotemplates import go_renderer
from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.engine.applicationsets import asks, generating
from pilothouse.delivery.gitops.engine.applicationsets.asks import Ask
from pilothouse.delivery.gitops.engine.applicationsets.combining import by_merge_key
from pilothouse.delivery.gitops.engine.applicationsets.generators import SIMPLE, Simple
from pilothouse.delivery.gitops.engine.applicationsets.naming import sanitize_name, slugify
from pilothouse.delivery.gitops.engine.applicationsets.parameters import combined
from pilothouse.delivery.gitops.engine.applicationsets.planning import keeping_ignored
from pilothouse.delivery.gitops.engine.applicationsets.plugins import read_plugin
from pilothouse.delivery.gitops.engine.applicationsets.repositories import file_params, glob_matches, pathspec_matches
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.engine.diff.ignore import read_rules
from pilothouse.delivery.gitops.errors import GeneratorFailed, RepositoryMissing
from pilothouse.kit.clock import Entropy, ManualClock
from pilothouse.testing.corpora import SKIP

Case = dict[str, Any]


def answer(case: Case) -> Any:
    """Return the answer to one case."""
    ask = _FEATURES.get(case["feature"])
    if ask is None:
        return SKIP
    try:
        return ask(case, case["input"])
    except (GeneratorFailed, ValueError) as error:
        return {"error": error.message if isinstance(error, GeneratorFailed) else str(error)}


def _templates(case: Case, options: list[str] | None = None) -> Templates:
    given = case["input"].get("applicationSet") or {}
    options = options or case["input"].get("goTemplateOptions") or (given.get("spec") or {}).get("goTemplateOptions") or []
    return Templates(go_renderer(ManualClock(), Entropy(1)) if case.get("goTemplate") else None, options)


class _World:
    """What a case says of the world."""

    def __init__(self, given: Case) -> None:
        self._given = given

    def drive(self, asking: Generator[Ask, Any, Any]) -> Any:
        """Answer everything that is asked, and return what comes of it."""
        try:
            ask = next(asking)
            while True:
                try:
                    found = self._answer(ask)
                except GeneratorFailed as error:
                    ask = asking.throw(error)
                else:
                    ask = asking.send(found)
        except StopIteration as stop:
            return stop.value

    def _answer(self, ask: Ask) -> Any:
        given = self._given
        for name in ("repoError", "clientError", "serviceError"):
            if given.get(name):
                missing = given[name] == "repository not found"
                raise (RepositoryMissing if missing else GeneratorFailed)(str(given[name]))
        match ask:
            case asks.Clusters():
                return [secret for secret in given.get("clusterSecrets") or [] if _is_labelled(secret, ask.selector)]
            case asks.Directories():
                return given.get("repoDirectories") or []
            case asks.Files():
                return self._files(ask.pattern)
            case asks.PullRequests():
                return given.get("pullRequests") or []
            case asks.Repositories():
                return given.get("repositories") or []
            case asks.PluginOutput():
                return self._plugin(ask)
            case asks.Decisions():
                return self._decisions(ask)

    def _files(self, pattern: str) -> dict[str, str]:
        if self._given.get("matchedFiles") is not None:
            return dict(self._given["matchedFiles"])
        fits = glob_matches if self._given.get("globbing") == "doublestar" else pathspec_matches
        return {path: text for path, text in (self._given.get("repoFiles") or {}).items() if fits(pattern, path)}

    def _plugin(self, ask: asks.PluginOutput) -> list[Case]:
        config = self._given.get("configMap") or {}
        secrets = {"argocd-secret": self._given["secretData"]} if self._given.get("secretData") else {}
        secrets |= {"plugin-secret": self._given.get("secretData") or {}}
        read_plugin(ask.config_map, config.get("data") if config else None, "default", secrets.get)
        outputs: list[Case] = orjson.loads(self._given["pluginResponse"])["output"]["parameters"]
        return outputs

    def _decisions(self, ask: asks.Decisions) -> Any:
        config, resource = self._given.get("configMap") or {}, self._given.get("resource")
        if not ask.kind:
            if (config.get("metadata") or {}).get("name") != ask.config_map:
                raise GeneratorFailed(f'error reading configMapRef: configmaps "{ask.config_map}" not found')
            return config.get("data") or {}
        meta = (resource or {}).get("metadata") or {}
        named = not ask.name or meta.get("name") == ask.name
        return [resource] if resource and named and _is_labelled(meta, ask.selector) else []


def _is_labelled(tree: Case, selector: Case) -> bool:
    return label_selector_from_object(selector).matches(tree.get("labels") or {})


def _params(case: Case, given: Case) -> Any:
    spec = (given.get("applicationSet") or {}).get("spec") or {}
    generator: Case = given.get("generator") or next(iter(spec.get("generators") or []), {})
    project = str(((spec.get("template") or {}).get("spec") or {}).get("project") or "")
    simple = {**SIMPLE, **{name: _stub(params) for name, params in (given.get("stubParams") or {}).items()}}
    return {"params": _World(given).drive(generating.generate(generator, _templates(case), project, {}, simple=simple))}


def _stub(params: list[Case]) -> Simple:
    def stub(spec: Case, templates: Templates, project: str) -> Generator[Ask, Any, list[Case]]:
        return [dict(one) for one in params]
        yield  # a generator that asks nothing

    return stub


def _one(kind: str) -> Callable[[Case, Case], Any]:
    """Return the answer of a generator whose spec the case leaves out."""

    def ask(case: Case, given: Case) -> Any:
        spec: Case = {"values": given.get("values") or {}}
        if kind == "plugin":
            name = ((given.get("configMap") or {}).get("metadata") or {}).get("name", "")
            spec |= {"configMapRef": {"name": name}, "input": {"parameters": given.get("inputParameters") or {}}}
        if kind == "pullRequest":
            spec["continueOnRepoNotFoundError"] = given.get("continueOnRepoNotFoundError")
        return {"params": _World(given).drive(SIMPLE[kind](spec, _templates(case), ""))}

    return ask


def _file_params(case: Case, given: Case) -> Any:
    spec = {"values": given.get("values"), "pathParamPrefix": given.get("pathParamPrefix")}
    return {"params": file_params(given["path"], given["content"], spec, _templates(case))}


def _values(case: Case, given: Case) -> Any:
    return {"params": _templates(case).with_values(given["values"], dict(given["params"]))}


def _template(case: Case, given: Case) -> Any:
    if given.get("fields") and not given.get("params"):
        return {"value": given["template"]}
    return {"value": _templates(case).text(given["template"], given.get("params") or {})}


def _application(case: Case, given: Case) -> Any:
    return {"application": _templates(case).tree(given["application"], given["params"])}


def _finalizers(case: Case, given: Case) -> Any:
    template = {"metadata": {"finalizers": given["finalizers"]}}
    found = generating.rendered(template, given.get("syncPolicy"), {"one": "two"}, _templates(case))
    return {"finalizers": found["metadata"].get("finalizers")}


def _interpolated(case: Case, given: Case) -> Any:
    if not given.get("generator"):
        raise GeneratorFailed("generator is empty")
    return {"generator": _templates(case).generator(given["generator"], given.get("params") or {}), "noError": True}


def _generator_values(case: Case, given: Case) -> Any:
    found = _templates(case).generator(given["generator"], given["params"])
    return {f"{name.removesuffix('s')}Values": spec.get("values") for name, spec in found.items()}


def _unknown(case: Case, given: Case) -> Any:
    is_invalid, names = generating.unknown_generators(given["applicationSet"])
    return {"invalid": is_invalid, "names": names}


def _kept(case: Case, given: Case) -> Any:
    rules = [{"group": "argoproj.io", "kind": "Application", **rule} for rule in given.get("ignoreDifferences") or []]
    found = keeping_ignored(given["liveApplication"], given["generatedApplication"], read_rules(rules), JqWorker().run)
    return {"application": found}


def _generated(case: Case, given: Case) -> Any:
    if given.get("generateParamsError") or given.get("rendererError"):
        return {"expectErr": True, "expectedReason": "ApplicationGenerationFromParamsError"}
    generator = {"list": {"template": given.get("overrideTemplate") or {}}}
    tree = {**given["applicationSet"]}
    tree["spec"] = {**(tree.get("spec") or {}), "generators": [generator], "template": given["template"]}
    templates = _templates(case)
    merged = generating.merged_template(generator, given["template"])
    made = [generating.application(tree, merged, params, templates) for params in given["params"]]
    return {"mergedTemplate": merged, "applications": made}


_FEATURES: dict[str, Callable[[Case, Case], Any]] = {
    **dict.fromkeys(
        ("list", "clusters", "cluster-decision-resource", "git-directories", "git-files", "git-project", "matrix", "merge",
         "post-selector"), _params,
    ),
    "plugin": _one("plugin"), "pull-request": _one("pullRequest"), "scm-provider": _one("scmProvider"),
    "git-file-params": _file_params, "values": _values, "template": _template, "template-application": _application,
    "finalizers": _finalizers, "interpolate-generator": _interpolated, "generator-values": _generator_values,
    "invalid-generators": _unknown, "ignore-application-differences": _kept, "generate-applications": _generated,
    "sanitize-name": lambda case, given: {"value": sanitize_name(given["value"])},
    "slugify": lambda case, given: {"value": slugify(sanitize_name(given["value"]), given["maxLength"], given["smartTruncate"])},
    "merge-keys": lambda case, given: {"byKey": by_merge_key(given["mergeKeys"], given["paramSets"] or [])},
    "combine-maps": lambda case, given: {"map": combined(given["left"], given["right"])},
    "template-patch": lambda case, given: {"application": generating.patched(given["application"], given["templatePatch"])},
}  # fmt: skip
