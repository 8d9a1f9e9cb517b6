"""Rules of MutatingWebhookConfiguration and ValidatingWebhookConfiguration, and of the clients that webhooks are reached by.

An update that keeps what was wrong before is accepted, as the reference server does: side effects, review versions and names that
an older server let through do not lock a configuration.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.admission.conditions import validate_conditions
from pilothouse.api.validation.checks import PORT_RANGE, Findings, Obj, label_selector, one_of, rule

_FAILURE = ("Fail", "Ignore")
_MATCH = ("Equivalent", "Exact")
_REINVOCATION = ("IfNeeded", "Never")
_VERSIONS = ("v1", "v1beta1")
_HARMLESS = ("None", "NoneOnDryRun")
_EFFECTS = ("None", "NoneOnDryRun", "Some", "Unknown")
_STRATEGIES = ("None", "Webhook")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_FORM = "; desired format: https://host[/path]"


def configuration(obj: Obj) -> Findings:
    """A new webhook configuration."""
    return _configuration(obj, None)


def configuration_update(new: Obj, old: Obj) -> Findings:
    """A changed webhook configuration."""
    return _configuration(new, old)


def _configuration(obj: Obj, old: Obj | None) -> Findings:
    out: Findings = []
    before = _hooks(old) if old is not None else []
    was_harmless = all(hook.get("sideEffects") in _HARMLESS for hook in before)
    was_known = all(_knows(hook) for hook in before if hook.get("admissionReviewVersions"))
    was_unique = len({hook.get("name") for hook in before}) == len(before)
    has_conditions = old is None or [_conditions(hook) for hook in before] != [_conditions(hook) for hook in _hooks(obj)]
    seen: set[str] = set()
    for index, hook in enumerate(_hooks(obj)):
        path, name = f"webhooks[{index}]", hook.get("name", "")
        out += _webhook(hook, path, _HARMLESS if was_harmless else _EFFECTS, has_conditions=has_conditions)
        out += _review_versions(hook.get("admissionReviewVersions") or [], f"{path}.admissionReviewVersions", is_strict=was_known)
        if was_unique and name and name in seen:
            out.append(duplicate(f"{path}.name", name))
        seen.add(name)
    return out


def _hooks(obj: Obj) -> list[Obj]:
    return list(obj.get("webhooks") or ())


def _knows(hook: Obj) -> bool:
    return any(version in _VERSIONS for version in hook.get("admissionReviewVersions") or ())


def _conditions(hook: Obj) -> list[Obj]:
    return list(hook.get("matchConditions") or ())


def _webhook(hook: Obj, path: str, effects: tuple[str, ...], *, has_conditions: bool) -> Findings:
    out = _full_name(hook.get("name", ""), f"{path}.name")
    for index, item in enumerate(hook.get("rules") or ()):
        out += resource_rule(item, f"{path}.rules[{index}]")
    out += one_of(f"{path}.failurePolicy", hook.get("failurePolicy"), _FAILURE)
    out += one_of(f"{path}.matchPolicy", hook.get("matchPolicy"), _MATCH)
    stated = hook.get("sideEffects")
    if not stated:
        out.append(required(f"{path}.sideEffects", f"must specify one of {', '.join(effects)}"))
    elif stated not in effects:
        out.append(unsupported(f"{path}.sideEffects", stated, effects))
    timeout = hook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= 30:
        out.append(invalid(f"{path}.timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds"))
    out += label_selector(f"{path}.namespaceSelector", hook.get("namespaceSelector"))
    out += label_selector(f"{path}.objectSelector", hook.get("objectSelector"))
    out += one_of(f"{path}.reinvocationPolicy", hook.get("reinvocationPolicy"), _REINVOCATION)
    out += client(hook.get("clientConfig") or {}, f"{path}.clientConfig")
    if has_conditions:
        out += validate_conditions(_conditions(hook), f"{path}.matchConditions")
    return out


def _full_name(name: str, path: str) -> Findings:
    if not name:
        return [required(path)]
    out = rule(path, name, names.subdomain)
    if not out and len(name.split(".")) < 3:
        out.append(invalid(path, name, "should be a domain with at least three segments separated by dots"))
    return out


def _review_versions(versions: list[str], path: str, *, is_strict: bool) -> Findings:
    if not versions:
        return [required(path, f"must specify one of {', '.join(_VERSIONS)}")]
    out: Findings = []
    for index, version in enumerate(versions):
        if version in versions[:index]:
            out.append(invalid(f"{path}[{index}]", version, "duplicate version"))
        else:
            out += rule(f"{path}[{index}]", version, names.label_1035)
    if is_strict and not any(version in _VERSIONS for version in versions):
        out.append(invalid(path, versions, f"must include at least one of {', '.join(_VERSIONS)}"))
    return out


def resource_rule(item: Obj, path: str) -> Findings:
    """The operations and resources a webhook or policy is for."""
    operations = list(item.get("operations") or ())
    out: Findings = [] if operations else [required(f"{path}.operations")]
    if len(operations) > 1 and "*" in operations:
        out.append(invalid(f"{path}.operations", operations, "if '*' is present, must not specify other operations"))
    for index, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            out.append(unsupported(f"{path}.operations[{index}]", operation, _OPERATIONS))
    for field, noun in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = list(item.get(field) or ())
        if not values:
            out.append(required(f"{path}.{field}"))
        if len(values) > 1 and "*" in values:
            out.append(invalid(f"{path}.{field}", values, f"if '*' is present, must not specify other {noun}"))
    out += [required(f"{path}.apiVersions[{index}]") for index, value in enumerate(item.get("apiVersions") or ()) if not value]
    out += _resources(list(item.get("resources") or ()), f"{path}.resources")
    if item.get("scope") is not None and item["scope"] not in _SCOPES:
        out.append(unsupported(f"{path}.scope", item["scope"], _SCOPES))
    return out


def _resources(resources: list[str], path: str) -> Findings:
    out: Findings = [] if resources else [required(path)]
    all_below: set[str] = set()
    all_above: set[str] = set()
    for index, text in enumerate(resources):
        at = f"{path}[{index}]"
        if not text:
            out.append(required(at))
            continue
        name, found, sub = text.partition("/")
        if not found:
            continue
        if name in all_below:
            out.append(invalid(at, text, f"if '{name}/*' is present, must not specify {text}"))
        if sub in all_above:
            out.append(invalid(at, text, f"if '*/{sub}' is present, must not specify {text}"))
        if sub == "*":
            all_below.add(name)
        if name == "*":
            all_above.add(sub)
    if len(resources) > 1 and "*/*" in resources:
        out.append(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
    if "*" in resources and any(text and "/" not in text and text != "*" for text in resources):
        out.append(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"))
    return out


def client(config: Obj, path: str) -> Findings:
    """How a webhook is reached: by URL or by Service, not both."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        return [required(path, "exactly one of url or service is required")]
    return _url(str(url), f"{path}.url") if service is None else _service(service, f"{path}.service")


def conversion(found: Obj, path: str) -> Findings:
    """How objects of a definition get from version to version."""
    strategy, hook = found.get("strategy", ""), found.get("webhook") or {}
    out = one_of(f"{path}.strategy", strategy, _STRATEGIES, needed=True)
    config, versions = hook.get("clientConfig"), list(hook.get("conversionReviewVersions") or ())
    at = f"{path}.conversionReviewVersions"
    if strategy != "Webhook":
        text = "should not be set when strategy is not set to Webhook"
        out += [forbidden(f"{path}.webhookClientConfig", text)] if config is not None else []
        return out + ([forbidden(at, text)] if versions else [])
    if config is None:
        out.append(required(f"{path}.webhookClientConfig", "required when strategy is set to Webhook"))
    else:
        out += client(config, f"{path}.webhookClientConfig")
    return out + (_review_versions(versions, at, is_strict=True) if versions else [required(at)])


def _url(url: str, path: str) -> Findings:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return [required(path, f"url must be a valid URL: {error}{_FORM}")]
    out: Findings = []
    if parts.scheme != "https":
        out.append(invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{_FORM}"))
    host = parts.netloc.rpartition("@")[2]
    if not host:
        out.append(invalid(path, host, f"host must be provided{_FORM}"))
    if "@" in parts.netloc:
        out.append(invalid(path, parts.netloc.rpartition("@")[0], "user information is not permitted in the URL"))
    if parts.fragment:
        out.append(invalid(path, parts.fragment, "fragments are not permitted in the URL"))
    if parts.query:
        out.append(invalid(path, parts.query, "query parameters are not permitted in the URL"))
    return out


def _service(service: Obj, path: str) -> Findings:
    # The reference server has the two names the other way round in its messages; clients match what it says.
    out: Findings = []
    if not service.get("namespace"):
        out.append(required(f"{path}.name", "service name is required"))
    if not service.get("name"):
        out.append(required(f"{path}.namespace", "service namespace is required"))
    port = service.get("port", 443)
    if not 1 <= port <= 65535:
        out.append(invalid(f"{path}.port", port, f"port is not valid: {PORT_RANGE}"))
    text = service.get("path")
    if not text or text == "/":
        return out
    at = f"{path}.path"
    if text == "//":
        return [*out, invalid(at, text, "segment[0] may not be empty")]
    if not text.startswith("/"):
        out.append(invalid(at, text, "must start with a '/'"))
    for index, step in enumerate(text[1:].removesuffix("/").split("/")):
        if not step:
            out.append(invalid(at, text, f"segment[{index}] may not be empty"))
            continue
        out += [invalid(at, text, f"segment[{index}]: {problem}") for problem in names.subdomain(step)]
    return out
