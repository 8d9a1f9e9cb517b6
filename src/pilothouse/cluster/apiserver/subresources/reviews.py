"""Questions instead of objects: access reviews, token reviews, who am I."""

from __future__ import annotations

from pilothouse.api.validation.groups.reviews import access_review
from pilothouse.cluster.apiserver.admission.chain import Admission
from pilothouse.cluster.apiserver.authn.jws import BadToken
from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.authz.nodes import node_of
from pilothouse.cluster.apiserver.authz.rbac import MASTERS
from pilothouse.cluster.apiserver.context import Attributes, Call, Obj, User
from pilothouse.cluster.apiserver.errors import bad_request
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.negotiate import negotiate
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import decode_object, read_tree
from pilothouse.cluster.apiserver.registry.options import write_options
from pilothouse.wire.http.messages import Response


class Reviews:
    """Answers reviews."""

    def __init__(self, access: Access, admission: Admission) -> None:
        """Ask `access`, once `admission` has let a review pass."""
        self.access, self.admission = access, admission

    async def answer(self, call: Call) -> Response:
        """Answer a POST of any review kind."""
        write_options(call, "CreateOptions")
        encoding = negotiate(call.request.header("accept"), is_list=False, is_whole=True)
        obj = decode_object(call, read_tree(call, call.resource.kind), call.resource)
        obj.setdefault("metadata", {})
        obj["metadata"] = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
        await self.admission.asked(call, obj)
        if call.resource.kind == "TokenReview":
            await self._token(obj)
        else:
            getattr(self, f"_{_METHODS[call.resource.kind]}")(call, obj)
        return answer_tree(obj, 201, encoding, call.warnings)

    def _self_access(self, call: Call, obj: Obj) -> None:
        _check(call, obj)
        obj["status"] = self._decide(call.user, obj["spec"])

    def _subject_access(self, call: Call, obj: Obj) -> None:
        spec = obj["spec"]
        if call.resource.namespaced:
            obj["metadata"]["namespace"] = call.namespace
        _check(call, obj)
        user = User(spec.get("user", ""), spec.get("uid", ""), tuple(spec.get("groups") or ()))
        obj["status"] = self._decide(user, spec)

    def _decide(self, user: User, spec: Obj) -> Obj:
        resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
        if path is not None:
            wanted = Attributes(path.get("verb", ""), False, path=path.get("path", ""))
        else:
            found = resource or {}
            wanted = Attributes(
                found.get("verb", ""), True, found.get("group", ""), found.get("version", ""), found.get("resource", ""),
                found.get("subresource", ""), found.get("namespace", ""), found.get("name", ""),
            )  # fmt: skip
        if MASTERS in user.groups or self.access.nodes.allows(user, wanted):
            return {"allowed": True}
        why = self.access.rbac.explain(user, wanted)
        return {"allowed": True, "reason": why} if why else {"allowed": False}

    def _self_rules(self, call: Call, obj: Obj) -> None:
        namespace = (obj.get("spec") or {}).get("namespace", "")
        if not namespace:
            raise bad_request("no namespace on request")
        resources: list[Obj] = []
        urls: list[Obj] = []
        for raw in self.access.rbac.rules_of(call.user, namespace):
            if raw.get("nonResourceURLs"):
                urls.append({"verbs": raw["verbs"], "nonResourceURLs": raw["nonResourceURLs"]})
            if raw.get("resources"):
                keys = ("verbs", "apiGroups", "resources", "resourceNames")
                resources.append({key: raw[key] for key in keys if raw.get(key)})
        obj["spec"] = {}
        obj["status"] = {"resourceRules": resources, "nonResourceRules": urls, "incomplete": False}
        if node_of(call.user) is not None:
            text = "node authorizer does not support user rule resolution"
            obj["status"] |= {"incomplete": True, "evaluationError": text}

    async def _token(self, obj: Obj) -> None:
        spec = obj.get("spec") or {}
        token = spec.get("token", "")
        if not token:
            text = "token is required for TokenReview in authentication"
            raise bad_request(text)
        try:
            user, audiences = await self.access.tokens.review(token, tuple(spec.get("audiences") or ()))
        except BadToken as error:
            why = str(error)
            obj["status"] = {"user": {}, "error": f"[invalid bearer token, {why}]" if why else "invalid bearer token"}
            return
        obj["status"] = {"authenticated": True, "user": user.info(), "audiences": list(audiences)}

    def _who(self, call: Call, obj: Obj) -> None:
        obj["metadata"] = {"creationTimestamp": self.access.backend.now()}
        obj["status"] = {"userInfo": call.user.info()}


def _check(call: Call, obj: Obj) -> None:
    findings = access_review(obj)
    if findings:
        raise invalid_status("", call.resource.group, "", findings)


_METHODS = {
    "SelfSubjectAccessReview": "self_access", "SubjectAccessReview": "subject_access",
    "LocalSubjectAccessReview": "subject_access",
    "SelfSubjectRulesReview": "self_rules", "SelfSubjectReview": "who",
}  # fmt: skip
KINDS = frozenset((*_METHODS, "TokenReview"))
