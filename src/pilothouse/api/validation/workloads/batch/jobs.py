"""Rules of Jobs."""

from __future__ import annotations

import copy

from pilothouse.api.findings import invalid, required, too_long, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, domain_prefixed_path, immutable, label_selector
from pilothouse.api.validation.pods import template
from pilothouse.api.validation.workloads.apps.templates import NO_MATCH, selects, template_labels
from pilothouse.api.validation.workloads.batch.policies import failure_policy, replacement_policy, success_policy

MAX_PARALLELISM, MAX_FAILED, MANY_COMPLETIONS, MAX_OF_MANY = 100_000, 100_000, 100_000, 10_000
_MODES = ("NonIndexed", "Indexed")
_POLICIES = ("OnFailure", "Never")
_PREFIXES = ("", "batch.kubernetes.io/")
_NUMBERS = (
    "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex",
    "maxFailedIndexes",
)  # fmt: skip


def job(obj: Obj) -> Findings:
    """A new Job."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    out = _generated_selector(obj) + _selecting_job_spec(spec)
    completions = spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        hostname = f"{name}-{completions - 1}"
        if names.label(hostname):
            text = f"will not able to create pod with invalid DNS label: {hostname}"
            out.append(invalid("metadata.name", name, text))
    return out


def _generated_selector(obj: Obj) -> Findings:
    """The selector that was made for the Job, and the labels it selects by."""
    spec, meta = obj["spec"], obj["metadata"]
    if spec.get("manualSelector") or spec.get("selector") is None:
        return []
    wanted = {
        f"{prefix}{label}": meta.get(field, "")
        for prefix in _PREFIXES
        for label, field in (("controller-uid", "uid"), ("job-name", "name"))
    }
    labels = template_labels(spec) or {}
    out: Findings = []
    for key, value in wanted.items():
        path, text = f"spec.template.metadata.labels[{key}]", f"must be '{value}'"
        if key not in labels:
            out.append(required(path, text))
        elif labels[key] != value:
            out.append(invalid(path, labels, text))
    if not selects(spec["selector"], wanted):
        out.append(invalid("spec.selector", spec["selector"], "`selector` not auto-generated"))
    return out


def _selecting_job_spec(spec: Obj) -> Findings:
    out = job_spec(spec, "spec")
    selector, labels = spec.get("selector"), template_labels(spec)
    if selector is None:
        out.append(required("spec.selector"))
    wrong = label_selector("spec.selector", selector)
    if not wrong and not selects(selector, labels):
        wrong.append(invalid("spec.template.metadata.labels", labels, NO_MATCH))
    return out + wrong


def job_spec(spec: Obj, path: str) -> Findings:
    """The spec of a Job or of the template of a CronJob."""
    out = all_non_negative(path, spec, *_NUMBERS)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        out.append(required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified"))
    managed = spec.get("managedBy")
    if managed is not None:
        out += domain_prefixed_path(f"{path}.managedBy", managed)
        out += [too_long(f"{path}.managedBy", 63)] if len(managed) > 63 else []
    out += _completion_mode(spec, path)
    out += failure_policy(spec, f"{path}.podFailurePolicy")
    out += success_policy(spec, f"{path}.successPolicy")
    out += replacement_policy(spec, f"{path}.podReplacementPolicy")
    out += template(spec.get("template") or {}, f"{path}.template")
    return out + _restart_policy(spec, f"{path}.template.spec.restartPolicy")


def _restart_policy(spec: Obj, path: str) -> Findings:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy")
    if policy in (None, "", "Always"):
        return [required(path, 'valid values: "OnFailure", "Never"')]
    if policy not in _POLICIES:
        return [unsupported(path, policy, _POLICIES)]
    if spec.get("podFailurePolicy") is not None and policy != "Never":
        return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    return []


def _completion_mode(spec: Obj, path: str) -> Findings:
    mode = spec.get("completionMode")
    if mode == "Indexed":
        return _indexed(spec, path)
    if mode not in (None, "NonIndexed"):
        return [unsupported(f"{path}.completionMode", mode, _MODES)]
    return [
        invalid(f"{path}.{field}", spec[field], "requires indexed completion mode")
        for field in ("backoffLimitPerIndex", "maxFailedIndexes")
        if spec.get(field) is not None
    ]


def _indexed(spec: Obj, path: str) -> Findings:
    completions, parallelism, failed = (spec.get(field) for field in ("completions", "parallelism", "maxFailedIndexes"))
    out: Findings = []
    if completions is None:
        out.append(required(f"{path}.completions", "when completion mode is Indexed"))
    if parallelism is not None and parallelism > MAX_PARALLELISM:
        text = f"must be less than or equal to {MAX_PARALLELISM} when completion mode is Indexed"
        out.append(invalid(f"{path}.parallelism", parallelism, text))
    if failed is not None and completions is not None and failed > completions:
        out.append(invalid(f"{path}.maxFailedIndexes", failed, "must be less than or equal to completions"))
    if failed is not None and failed > MAX_FAILED:
        out.append(invalid(f"{path}.maxFailedIndexes", failed, f"must be less than or equal to {MAX_FAILED}"))
    if (completions or 0) <= MANY_COMPLETIONS or spec.get("backoffLimitPerIndex") is None:
        return out
    if failed is None:
        out.append(required(f"{path}.maxFailedIndexes", f"must be specified when completions is above {MANY_COMPLETIONS}"))
    text = f"must be less than or equal to {MAX_OF_MANY} when completions are above {MANY_COMPLETIONS} "
    text += "and used with backoff limit per index"
    limited = (("parallelism", parallelism), ("maxFailedIndexes", failed))
    return out + [
        invalid(f"{path}.{field}", value, text) for field, value in limited if value is not None and value > MAX_OF_MANY
    ]


_FROZEN = (
    ("completionMode", ""), ("podFailurePolicy", "PodFailurePolicy"), ("backoffLimitPerIndex", ""), ("managedBy", ""),
    ("successPolicy", "SuccessPolicy"),
)  # fmt: skip


def job_update(new: Obj, old: Obj) -> Findings:
    """What of a Job may not change."""
    after, before = new["spec"], old["spec"]
    out = job(new) + _selecting_job_spec(after)
    out += _completions(after, before)
    out += immutable("spec.selector", after.get("selector"), before.get("selector"))
    stated, kept = after.get("template") or {}, before.get("template") or {}
    if stated != _with_placement(old, stated, kept):
        out.append(invalid("spec.template", internal_form("PodTemplateSpec", stated), "field is immutable"))
    for field, kind in _FROZEN:
        value = after.get(field)
        if value != before.get(field):
            out += immutable(f"spec.{field}", internal_form(kind, value) if kind else value, before.get(field))
    return out


def _completions(after: Obj, before: Obj) -> Findings:
    """The number of completions changes only in an Indexed Job, together with its parallelism."""
    path, count = "spec.completions", after.get("completions")
    if after.get("completionMode") != "Indexed":
        return immutable(path, count, before.get("completions"))
    if count in (None, before.get("completions"), after.get("parallelism")):
        return []
    return [invalid(path, count, "can only be modified in tandem with spec.parallelism")]


def _with_placement(job: Obj, new: Obj, old: Obj) -> Obj:
    """Return the old template with what of `new` may replace it: where Pods run, while a suspended Job never started."""
    if not job["spec"].get("suspend") or (job.get("status") or {}).get("startTime"):
        return old
    out = copy.deepcopy(old)
    for part, fields in (("metadata", ("labels", "annotations")), ("spec", ("nodeSelector", "tolerations", "schedulingGates"))):
        stated, kept = new.get(part) or {}, out.setdefault(part, {})
        for field in fields:
            kept.pop(field, None)
            if field in stated:
                kept[field] = stated[field]
    affinity = {key: value for key, value in ((out["spec"].pop("affinity", None)) or {}).items() if key != "nodeAffinity"}
    wanted = (new.get("spec") or {}).get("affinity")
    if wanted is not None and "nodeAffinity" in wanted:
        affinity["nodeAffinity"] = wanted["nodeAffinity"]
    if affinity or wanted == {}:
        out["spec"]["affinity"] = affinity
    return {key: value for key, value in out.items() if value or key in new}
