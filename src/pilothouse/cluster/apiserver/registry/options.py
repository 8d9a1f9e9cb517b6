"""The query of a request: options of writes, reads and deletes, checked."""

from __future__ import annotations

import msgspec

from pilothouse.api.findings import FieldError, forbidden, invalid, too_long, unsupported
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, conflict
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.wire.http.messages import Request

_META = "meta.k8s.io"
_VALIDATION = ("", "Ignore", "Strict", "Warn")
DEFAULT_MANAGER = "unknown"
MAX_MANAGER = 128


def parse_bool(text: str | None) -> bool:
    """Read a query flag: present means true, except for `false` and `0`."""
    return text is not None and text.lower() not in ("false", "0")


def parse_int(text: str) -> int:
    """Read a query number; raises 400 worded like Go."""
    try:
        if not text.strip() == text or "_" in text:
            raise ValueError
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def write_options(call: Call, kind: str) -> None:
    """Read dryRun, fieldValidation and fieldManager into the call; `kind` names the options in messages."""
    request = call.request
    findings: list[FieldError] = []
    dry = [value for key, value in request.query if key == "dryRun"]
    if dry:
        bad = [value for value in dry if value != "All"]
        if bad:
            findings.append(unsupported("dryRun", dry, ["All"]))
        call.dry_run = True
    manager = call.params.get("fieldManager", "")
    if len(manager) > MAX_MANAGER:
        findings.append(too_long("fieldManager", MAX_MANAGER))
    for index, char in enumerate(manager):
        if not char.isprintable():
            findings.append(invalid("fieldManager", manager, f"invalid character U+{ord(char):04X} (at position {index})"))
    validation = call.params.get("fieldValidation", "")
    if validation not in _VALIDATION:
        findings.append(unsupported("fieldValidation", validation, _VALIDATION))
    if findings:
        raise invalid_status(kind, _META, "", findings)
    call.field_validation = validation or "Warn"
    call.manager = manager or default_manager(request)


def default_manager(request: Request) -> str:
    """Return the manager of requests that name none: the first word of the user agent."""
    agent = request.header("user-agent")
    return agent.partition("/")[0][:MAX_MANAGER] or DEFAULT_MANAGER


class ListOptions(msgspec.Struct, frozen=True):
    """What a list or watch asks for."""

    limit: int = 0
    token: str = ""
    revision: str = ""
    match: str = ""
    timeout_s: float = 0.0
    send_initial: bool | None = None
    bookmarks: bool = False


def list_options(params: dict[str, str], *, watch: bool) -> ListOptions:
    """Read and check the query of a list or watch."""
    initial = parse_bool(params["sendInitialEvents"]) if "sendInitialEvents" in params else None
    timeout = params.get("timeoutSeconds", "")
    limit = params.get("limit", "")
    options = ListOptions(
        limit=max(0, parse_int(limit)) if limit else 0,
        token=params.get("continue", ""),
        revision=params.get("resourceVersion", ""),
        match=params.get("resourceVersionMatch", ""),
        timeout_s=float(max(0, parse_int(timeout))) if timeout else 0.0,
        send_initial=initial,
        bookmarks=parse_bool(params.get("allowWatchBookmarks")),
    )
    findings = _watch_findings(options) if watch else _list_findings(options)
    if findings:
        raise invalid_status("ListOptions", _META, "", findings)
    return options


def _list_findings(options: ListOptions) -> list[FieldError]:
    out: list[FieldError] = []
    field, match = "resourceVersionMatch", options.match
    if options.send_initial is not None:
        out.append(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if not match:
        return out
    if not options.revision:
        out.append(forbidden(field, f"{field} is forbidden unless resourceVersion is provided"))
    if options.token:
        out.append(forbidden(field, f"{field} is forbidden when continue is provided"))
    if match not in ("Exact", "NotOlderThan"):
        out.append(unsupported(field, match, ("Exact", "NotOlderThan", "")))
    if match == "Exact" and options.revision == "0":
        out.append(forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"'))
    return out


def _watch_findings(options: ListOptions) -> list[FieldError]:
    out: list[FieldError] = []
    field, match = "resourceVersionMatch", options.match
    if options.send_initial is not None and match != "NotOlderThan":
        out.append(forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    if match and match != "NotOlderThan":
        out.append(unsupported(field, match, ("NotOlderThan",)))
    elif match and options.send_initial is None:
        out.append(forbidden(field, f"{field} is forbidden for watch unless sendInitialEvents is provided"))
    if options.token:
        out.append(forbidden(field, f"{field} is forbidden when continue is provided"))
    return out


def parse_revision(text: str, *, get: bool = False) -> int:
    """Read a resourceVersion; "" is 0. Raises the error of a list, or of a get or watch."""
    if not text:
        return 0
    if text.isascii() and text.isdigit() and len(text) < 20:
        return int(text)
    why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    if get:
        raise StatusError(500, "", why)
    raise bad_request(f"invalid resource version: {why}")


def too_large(revision: int, current: int) -> StatusError:
    """504 for a resourceVersion from the future."""
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}], "retryAfterSeconds": 1}
    text = f"Timeout: Too large resource version: {revision}, current: {current}"
    return StatusError(504, "Timeout", text, details)


def refuse_uid(call: Call, meta: Obj) -> None:
    """Raise 409 when what is to be created instead of changed says which object it meant."""
    if meta.get("uid"):
        why = f"uid mismatch: the provided object specified uid {meta['uid']}, and no existing object was found"
        raise conflict(call.resource, call.name, why)


def check_uid(call: Call, key: str, stated: str, actual: str) -> None:
    """Raise 409 for an update of another object of the same name."""
    if call.verb == "update" and stated and stated != actual:
        why = f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
        why += f"Precondition failed: UID in precondition: {stated}, UID in object meta: {actual}"
        raise conflict(call.resource, call.name, why)
