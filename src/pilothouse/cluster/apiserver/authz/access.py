"""Who is asking, and may they: authentication, impersonation and authorisation of one request."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from pilothouse.cluster.apiserver.authn.oidc.types import Trust
from pilothouse.cluster.apiserver.authn.protocols import PREFIX, take_protocol_token
from pilothouse.cluster.apiserver.authn.tokens import Tokens
from pilothouse.cluster.apiserver.authz.nodes import Nodes
from pilothouse.cluster.apiserver.authz.rbac import MASTERS, Rbac
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import ANONYMOUS, AUTHENTICATED, Attributes, User
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, names
from pilothouse.wire.http.messages import Peer, Request, Response

MAX_USERS = 10_000


class Access:
    """The first two stages."""

    def __init__(self, backend: Backend, trust: Trust) -> None:
        """Build the stages on the backend."""
        self.backend = backend
        self._anonymous = trust.anonymous
        self.rbac = Rbac(backend)
        self.nodes = Nodes(backend)
        self.tokens = Tokens(backend, trust.issuers)
        self._users: dict[tuple[str, tuple[str, ...]], User] = {}

    def start(self) -> None:
        """Follow roles and bindings."""
        self.rbac.start()
        self.tokens.start()

    async def stop(self) -> None:
        """End background work; safe to call twice."""
        await self.tokens.stop()

    def well_known(self, request: Request) -> Response | None:
        """Answer the OpenID discovery paths."""
        return self.tokens.accounts.well_known(request.path)

    async def authenticate(self, request: Request) -> User:
        """Return the user of a request: of its certificate, else of its token; raises 401 for tokens nobody knows."""
        if request.peer.common_name:
            return self._certified(request.peer)
        token = _token(request)
        if token is not None:
            user = await self.tokens.user(token)
            if user is None:
                raise unauthorized()
            return user
        if not self._anonymous.allows(request.path):
            raise unauthorized()
        return ANONYMOUS

    def _certified(self, peer: Peer) -> User:
        key = (peer.common_name, peer.organizations)
        user = self._users.get(key)
        if user is None:
            if len(self._users) > MAX_USERS:
                self._users.clear()
            user = self._users[key] = User(peer.common_name, "", (*peer.organizations, AUTHENTICATED))
        return user

    def authorize(self, request: Request, user: User, wanted: Attributes) -> User:
        """Return the user to act as (impersonation applied); raises 403."""
        if any(name.startswith("impersonate-") for name in request.headers):
            user = self._impersonated(request, user, wanted)
        self.require(user, wanted)
        return user

    def require(self, user: User, wanted: Attributes) -> None:
        """Raise 403 unless the user may do this."""
        if not self.allows(user, wanted):
            raise denied(user, wanted)

    def allows(self, user: User, wanted: Attributes) -> bool:
        """Whether any authorizer lets the user do this."""
        return MASTERS in user.groups or self.nodes.allows(user, wanted) or self.rbac.allows(user, wanted)

    def _impersonated(self, request: Request, user: User, wanted: Attributes) -> User:
        headers = request.headers
        name = headers.get("impersonate-user", "")
        groups = [part.strip() for part in headers.get("impersonate-group", "").split(",") if part.strip()]
        uid = headers.get("impersonate-uid", "")
        extra = {unquote(key[18:]): value for key, value in headers.items() if key.startswith("impersonate-extra-")}
        if not name:
            if groups or uid or extra:
                shown = ", ".join(f'"{group}"' for group in groups)
                text = f'requested &user.DefaultInfo{{Name:"", UID:"{uid}", Groups:[]string{{{shown}}}, '
                raise bad_request(f"{text}Extra:map[string][]string(nil)}} without impersonating a user name")
            return user
        self._check_impersonation(user, name, groups, uid, extra, wanted)
        is_account = name.startswith("system:serviceaccount:")
        if is_account and not groups:
            namespace = name.split(":")[2]
            groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
        if name != ANONYMOUS.name and AUTHENTICATED not in groups:
            groups.append(AUTHENTICATED)
        if name == ANONYMOUS.name:
            groups.append("system:unauthenticated")
        return User(name, uid, tuple(groups), tuple((key, (value,)) for key, value in extra.items()))

    def _check_impersonation(
        self, user: User, name: str, groups: list[str], uid: str, extra: dict[str, str], wanted: Attributes
    ) -> None:
        """Raise 403 unless the user may act as this user, in general or for what is asked here (KEP-5284)."""
        checks = _impersonation_checks(name, groups, uid, extra)
        if all(self.rbac.allows(user, check) for check in checks):
            return
        mode = _impersonation_mode(name)
        here = msgspec.structs.replace(wanted, verb=f"impersonate-on:{mode}:{wanted.verb}")
        constrained = [
            msgspec.structs.replace(check, verb=f"impersonate:{mode}", group="authentication.k8s.io") for check in checks
        ]
        for check in (here, *constrained):
            if not self.rbac.allows(user, check):
                raise denied(user, check)


def _token(request: Request) -> str | None:
    """Return the bearer token of a request, None when it shows none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    if request.can_upgrade and PREFIX in request.headers.get("sec-websocket-protocol", ""):
        return take_protocol_token(request)
    return None


def _impersonation_mode(name: str) -> str:
    if name.startswith("system:serviceaccount:"):
        return "serviceaccount"
    return "arbitrary-node" if name.startswith("system:node:") else "user-info"


def _impersonation_checks(name: str, groups: list[str], uid: str, extra: dict[str, str]) -> list[Attributes]:
    checks = []
    if name.startswith("system:serviceaccount:"):
        parts = name.split(":")
        if len(parts) != 4:
            raise bad_request(f"cannot impersonate {name}: a ServiceAccount is named system:serviceaccount:<namespace>:<name>")
        checks.append(Attributes("impersonate", True, "", "v1", "serviceaccounts", "", parts[2], parts[3]))
    else:
        checks.append(Attributes("impersonate", True, "", "v1", "users", "", "", name))
    checks += [Attributes("impersonate", True, "", "v1", "groups", "", "", group) for group in groups]
    if uid:
        checks.append(Attributes("impersonate", True, "authentication.k8s.io", "v1", "uids", "", "", uid))
    for key, value in extra.items():
        checks.append(Attributes("impersonate", True, "authentication.k8s.io", "v1", "userextras", key, "", value))
    return checks


def unauthorized() -> StatusError:
    """401 for credentials nobody knows."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def denied(user: User, wanted: Attributes) -> StatusError:
    """403 for what the user may not do."""
    if not wanted.is_resource:
        text = f'forbidden: User "{user.name}" cannot {wanted.verb} path "{wanted.path}"'
        return StatusError(403, "Forbidden", text, {})
    resource = f"{wanted.resource}.{wanted.group}" if wanted.group else wanted.resource
    shown = f'{resource} "{wanted.name}"' if wanted.name else resource
    full = f"{wanted.resource}/{wanted.subresource}" if wanted.subresource else wanted.resource
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    if wanted.resource == "namespaces" and not wanted.group:
        where = f'in the namespace "{wanted.name}"' if wanted.name else where
    text = (
        f'{shown} is forbidden: User "{user.name}" cannot {wanted.verb} resource "{full}" in API group "{wanted.group}" {where}'
    )
    return StatusError(403, "Forbidden", text, names(wanted.name, wanted.group, wanted.resource))
