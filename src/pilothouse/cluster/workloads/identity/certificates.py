"""CertificateSigningRequests: approves those of nodes, signs what was approved, removes what is over.

The authority is the one that client certificates are verified with, so that a signed certificate logs in.
"""

from __future__ import annotations

import contextlib
import math
from base64 import b64decode, b64encode
from binascii import Error as BadBase64

from pilothouse.api.meta import Tree, is_condition_true, is_deleting, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.identity.signers import KUBELET_CLIENT, is_kubelet_request, objection
from pilothouse.kit.clock import parse_rfc3339, rfc3339
from pilothouse.kit.errors import Conflict, NotFound
from pilothouse.sdk.kinds import CERTIFICATE_SIGNING_REQUEST, SUBJECT_ACCESS_REVIEW
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.wire.signing import BadRequestPem, expires_at, read_request, sign_request
from pilothouse.wire.tls import KeyPair

YEAR_S = 365 * 86_400
DONE_S, PENDING_S = 3_600, 86_400
"""How long requests stay: after they were answered, and without an answer."""


class CertificateController:
    """Reconciles CertificateSigningRequests."""

    def __init__(self, manager: Manager, authority: KeyPair) -> None:
        """Sign with `authority`."""
        self._client, self._clock, self._authority = manager.client.named(MANAGER), manager.clock, authority
        self._requests = manager.informer(CERTIFICATE_SIGNING_REQUEST)
        manager.controller("certificatesigningrequest", self.reconcile).watch(self._requests)

    async def reconcile(self, request: Request) -> Result | None:
        """Do the next step for one request."""
        tree = self._requests.cache.get(request.name)
        if tree is None or is_deleting(tree):
            return None
        left_s = removal_time(tree) - self._clock.now()
        if left_s <= 0:
            try:
                await self._client.delete(CERTIFICATE_SIGNING_REQUEST, request.name, uid=uid_of(tree))
            except NotFound:
                pass
            return None
        if not _has_any(tree, "Approved", "Denied", "Failed"):
            await self._approve(tree)
        elif is_condition_true(tree, "Approved") and not _has_any(tree, "Denied", "Failed"):
            await self._sign(tree)
        return Result(requeue_after_s=left_s) if left_s < math.inf else None

    async def _approve(self, tree: Tree) -> None:
        """Approve a node's request for its own client certificate, or for a node's when the asker may ask for those."""
        spec = tree["spec"]
        if spec["signerName"] != KUBELET_CLIENT:
            return
        try:
            wanted = read_request(b64decode(spec["request"]))
        except (BadRequestPem, BadBase64):
            return
        if not is_kubelet_request(spec["signerName"], wanted, tuple(spec.get("usages") or ())):
            return
        candidates = [("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.")]
        if wanted.common_name == spec.get("username"):
            text = "Auto approving self kubelet client certificate after SubjectAccessReview."
            candidates.insert(0, ("selfnodeclient", text))
        for permission, message in candidates:
            if await self._may(spec, permission):
                await self._conclude(tree, "Approved", "AutoApproved", message, "approval")
                return

    async def _may(self, spec: Tree, permission: str) -> bool:
        asked = {"group": "certificates.k8s.io", "resource": "certificatesigningrequests", "verb": "create", "version": "*"}
        who = {"user": spec.get("username", ""), "groups": spec.get("groups") or [], "uid": spec.get("uid", "")}
        extra = {"extra": spec["extra"]} if spec.get("extra") else {}
        review = {"spec": {**who, **extra, "resourceAttributes": {**asked, "subresource": permission}}}
        answer = await self._client.create(SUBJECT_ACCESS_REVIEW, review)
        return bool(answer["status"].get("allowed"))

    async def _sign(self, tree: Tree) -> None:
        spec, status = tree["spec"], tree.get("status") or {}
        if status.get("certificate"):
            return
        usages = tuple(spec.get("usages") or ())
        try:
            pem = b64decode(spec["request"])
            problem = objection(spec["signerName"], read_request(pem), usages)
            if problem is None:
                return
            if not problem:
                lifetime_s = min(spec.get("expirationSeconds") or YEAR_S, YEAR_S)
                signed = sign_request(self._authority, pem, usages, self._clock.now(), lifetime_s)
        except (BadRequestPem, BadBase64) as error:
            problem = getattr(error, "message", str(error))
        if problem:
            await self._conclude(tree, "Failed", "SignerValidationFailure", problem, "status")
            return
        await self._write({**tree, "status": {**status, "certificate": b64encode(signed).decode()}}, "status")

    async def _conclude(self, tree: Tree, kind: str, reason: str, message: str, subresource: str) -> None:
        now = rfc3339(self._clock.now())
        condition = {
            "type": kind, "status": "True", "reason": reason, "message": message,
            "lastUpdateTime": now, "lastTransitionTime": now,
        }  # fmt: skip
        status = tree.get("status") or {}
        conditions = [*(status.get("conditions") or ()), condition]
        await self._write({**tree, "status": {**status, "conditions": conditions}}, subresource)

    async def _write(self, tree: Tree, subresource: str) -> None:
        try:
            await self._client.replace(CERTIFICATE_SIGNING_REQUEST, tree, subresource=subresource)
        except (Conflict, NotFound):  # the cache shows the newer one in a moment, which comes here again
            return


def removal_time(tree: Tree) -> float:
    """Return when a request is removed, seconds since 1970; never while another signer may still answer it."""
    status, created = tree.get("status") or {}, tree["metadata"]["creationTimestamp"]
    certificate, conditions = status.get("certificate"), status.get("conditions") or ()
    ends = [math.inf if certificate or conditions else parse_rfc3339(created) + PENDING_S]
    for condition in conditions:
        if certificate or condition["type"] in ("Denied", "Failed"):
            ends.append(parse_rfc3339(condition.get("lastUpdateTime") or created) + DONE_S)
    with contextlib.suppress(ValueError):  # of other signers anything may come
        ends.append(expires_at(b64decode(certificate)) if certificate else math.inf)
    return min(ends)


def _has_any(tree: Tree, *kinds: str) -> bool:
    conditions = (tree.get("status") or {}).get("conditions") or ()
    return any(condition["type"] in kinds for condition in conditions)
