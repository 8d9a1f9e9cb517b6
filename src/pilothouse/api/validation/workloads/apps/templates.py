"""What workloads share: a selector that selects the Pods of the template, and a template that may run for ever."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.api.validation.checks import Findings, Obj, label_selector
from pilothouse.api.validation.pods import template
from pilothouse.kit.errors import BadRequest

NO_MATCH = "`selector` does not match template `labels`"


def template_labels(spec: Obj) -> Obj | None:
    """Return the labels of a Pod template."""
    found: Obj | None = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    return found


def selects(selector: Obj | None, labels: Obj | None) -> bool:
    """Whether a selector selects these labels; one that is absent or malformed selects nothing."""
    if selector is None:
        return False
    try:
        return bool(label_selector_from_object(selector).matches(labels or {}))
    except BadRequest:
        return False


def label_match(spec: Obj) -> Findings:
    """The selector must select the Pods of the template."""
    labels = template_labels(spec)
    return [] if selects(spec.get("selector"), labels) else [invalid("spec.template.metadata.labels", labels, NO_MATCH)]


def is_empty(selector: Obj) -> bool:
    """Whether a selector selects everything."""
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def selected_template(spec: Obj, kind: str, empty: str, unreadable: str = "") -> Findings:
    """The selector of a workload and its template, which goes unread behind an unreadable selector."""
    selector = spec.get("selector")
    if selector is None:
        return [required("spec.selector"), *label_match(spec), *long_running(spec, kind)]
    out = label_selector("spec.selector", selector)
    if is_empty(selector):
        return [*out, invalid("spec.selector", selector, f"empty selector is invalid for {empty}"), *long_running(spec, kind)]
    if out:
        return [*out, invalid("spec.selector", selector, unreadable)]
    return label_match(spec) + long_running(spec, kind)


def long_running(spec: Obj, kind: str) -> Findings:
    """A template whose Pods always restart and never time out."""
    return template(spec.get("template") or {}, "spec.template") + restarts(spec, kind)


def restarts(spec: Obj, kind: str) -> Findings:
    """Pods of a template must always restart and may have no deadline."""
    pod, path = (spec.get("template") or {}).get("spec") or {}, "spec.template.spec"
    out: Findings = []
    policy = pod.get("restartPolicy", "Always")
    if policy != "Always":
        out.append(unsupported(f"{path}.restartPolicy", policy, ("Always",)))
    if pod.get("activeDeadlineSeconds") is not None:
        out.append(forbidden(f"{path}.activeDeadlineSeconds", f"activeDeadlineSeconds in {kind} is not Supported"))
    return out
