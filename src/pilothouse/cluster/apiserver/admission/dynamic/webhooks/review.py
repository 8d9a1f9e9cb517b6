"""The AdmissionReview: what a hook is asked, and what its answer means. Source: admission.k8s.io/v1 and v1beta1."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
import orjson

from pilothouse.api.findings import quote
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.request import request_of
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import Hook, Invocation
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, internal
from pilothouse.cluster.apiserver.http.outgoing import CallFailed, Outgoing, server_of

_GROUP = "admission.k8s.io"
_VERSIONS = ("v1", "v1beta1")


class Verdict(msgspec.Struct, frozen=True):
    """What a hook answered."""

    is_allowed: bool
    patch: list[Obj] = []
    """JSON patch operations, of a mutating hook."""
    warnings: list[str] = []
    result: Obj = {}
    """The Status of a refusal."""


def review_of(asked: Attributes, invocation: Invocation, uid: str, version: str) -> Obj:
    """Return the AdmissionReview for a hook, with the objects already in the version it asked for."""
    request = request_of(asked, invocation.resource, uid)
    return {"kind": "AdmissionReview", "apiVersion": f"{_GROUP}/{version}", "request": request}


async def ask(outgoing: Outgoing, invocation: Invocation, asked: Attributes, uid: str, *, is_mutating: bool) -> Verdict:
    """Call a hook; raises `CallFailed` when it gives no usable answer, 400 for a dry run it has side effects in."""
    hook = invocation.hook
    if asked.dry_run and hook.side_effects not in ("None", "NoneOnDryRun"):
        raise bad_request(f"admission webhook {quote(hook.name)} does not support dry run")
    version = next((version for version in hook.versions if version in _VERSIONS), "")
    if not version:
        text = "webhook does not accept known AdmissionReview versions (v1, v1beta1)"
        raise CallFailed(f"could not create admission objects: {text}")
    try:
        answer = await outgoing.post(server_of(hook.client), review_of(asked, invocation, uid, version), hook.timeout_s)
    except CallFailed as error:
        raise CallFailed(f"failed to call webhook: {error.message}") from None
    try:
        return _verdict(answer, uid, version, is_mutating=is_mutating)
    except _BadAnswer as error:
        raise CallFailed(f"received invalid webhook response: {error}") from None


class _BadAnswer(Exception):
    """The answer breaks the protocol."""


def _verdict(answer: Obj, uid: str, version: str, *, is_mutating: bool) -> Verdict:
    response = answer.get("response")
    if not isinstance(response, dict):
        raise _BadAnswer("webhook response was absent")
    if version == "v1":
        _check_identity(answer, response, uid)
        _check_patch(response, is_mutating=is_mutating)
    patch = _operations(response["patch"]) if is_mutating and response.get("patch") else []
    result = response.get("status")
    warnings = [text for text in response.get("warnings") or () if isinstance(text, str)]
    return Verdict(response.get("allowed") is True, patch, warnings, result if isinstance(result, dict) else {})


def _check_identity(answer: Obj, response: Obj, uid: str) -> None:
    stated = response.get("uid", "")
    if stated != uid:
        raise _BadAnswer(f"expected response.uid={quote(uid)}, got {quote(str(stated))}")
    kind, api_version = str(answer.get("kind", "")), str(answer.get("apiVersion", ""))
    if (kind, api_version) != ("AdmissionReview", f"{_GROUP}/v1"):
        shown = f"{api_version}, Kind={kind}" if "/" in api_version else f"/{api_version}, Kind={kind}"
        raise _BadAnswer(f"expected webhook response of {_GROUP}/v1, Kind=AdmissionReview, got {shown}")


def _check_patch(response: Obj, *, is_mutating: bool) -> None:
    patch, kind = response.get("patch"), response.get("patchType")
    if not is_mutating:
        if patch:
            raise _BadAnswer("validating webhook may not return response.patch")
        if kind is not None:
            raise _BadAnswer("validating webhook may not return response.patchType")
        return
    if patch and kind is None:
        raise _BadAnswer("webhook returned response.patch but not response.patchType")
    if not patch and kind is not None:
        raise _BadAnswer("webhook returned response.patchType but not response.patch")
    if kind == "":
        raise _BadAnswer('webhook returned invalid response.patchType of ""')
    if kind is not None and kind != "JSONPatch":
        raise CallFailed(f"unsupported patch type {quote(str(kind))}")


def _operations(encoded: Any) -> list[Obj]:
    try:
        operations = orjson.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, TypeError, ValueError) as error:
        raise CallFailed(f"received undecodable patch in webhook response: {error}") from None
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise CallFailed("received undecodable patch in webhook response: it is no list of operations")
    return operations


def refusal(hook: Hook, result: Obj) -> StatusError:
    """Return the failure of a request that a hook did not allow."""
    text = f"admission webhook {quote(hook.name)} denied the request"
    reason, message = str(result.get("reason") or ""), str(result.get("message") or "")
    shown = f"{text}: {message or reason}" if message or reason else f"{text} without explanation"
    code, details = result.get("code"), result.get("details")
    is_error = isinstance(code, int) and 400 <= code < 600
    return StatusError(code if is_error and isinstance(code, int) else 400, reason, shown,
                       details if isinstance(details, dict) else None)  # fmt: skip


def call_failure(hook: Hook, error: CallFailed) -> StatusError:
    """Return the failure of a request whose hook could not be called."""
    text = f"failed calling webhook {quote(hook.name)}: {error.message}"
    return internal(text)
