"""A server with something to steal, people who may do little, and credentials that are no longer or never were good."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson

from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.cluster.apiserver.authn.jws import b64
from pilothouse.cluster.apiserver.authn.oidc.types import (
    ClaimMappings,
    Issuer,
    JwtAuthenticator,
    PrefixedClaim,
    Trust,
    TrustedIssuer,
)
from pilothouse.kit.clock import SystemClock
from pilothouse.store.memory import MemoryStore
from tests.conformance.auth_matrix.routes import Route, discover
from tests.unit.cluster.apiserver.authn.signer import Signer
from tests.unit.cluster.apiserver.driver import Driver, crd, established

MARK = b"the-treasure"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ISSUER = "https://127.0.0.1:1"
"""Nobody listens there: its keys can never be had."""


class World(NamedTuple):
    """What the attacks need."""

    driver: Driver
    routes: list[Route]
    tokens: dict[str, str]
    """Tokens that must not work, by what is wrong with them."""


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Yield a world; its server ends with it."""
    mappings = ClaimMappings(PrefixedClaim("sub", ""), PrefixedClaim("groups", ""))
    trusted = TrustedIssuer(JwtAuthenticator(Issuer(ISSUER, audiences=("kube",)), (), mappings))
    config = Config(tokens={"joes-token": ("joe", "1", ("nobodies",))})
    server = ApiServer(MemoryStore(), config=config, trust=Trust((trusted,)))
    await server.start()
    try:
        driver = Driver(server)
        await established(driver, crd(subresources={"status": {}}))
        for namespace in ("mine", "other"):
            await driver.namespace(namespace)
            secret = {"metadata": {"name": "thing"}, "stringData": {"key": f"{MARK.decode()}-of-{namespace}"}}
            await driver.ok("POST", f"/api/v1/namespaces/{namespace}/secrets", secret)
            note = {"metadata": {"name": "thing"}, "data": {"key": f"{MARK.decode()}-of-{namespace}"}}
            await driver.ok("POST", f"/api/v1/namespaces/{namespace}/configmaps", note)
        routes = await discover(driver)
        await _grant(driver, routes)
        yield World(driver, routes, await _tokens(driver))
    finally:
        await server.stop()


async def _grant(driver: Driver, routes: list[Route]) -> None:
    """Give each limited user what it may do."""
    everything = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
    await _role(driver, "everything", everything)
    await _bind(driver, "everything", "local-admin", "mine")
    await _role(driver, "reader", [{"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]},
                                   {"verbs": ["get"], "nonResourceURLs": ["*"]}])  # fmt: skip
    await _bind(driver, "reader", "reader")
    for verb in ("get", "list", "watch"):
        await _role(driver, f"only-{verb}", [{"verbs": [verb], "apiGroups": ["*"], "resources": ["*"]}])
        await _bind(driver, f"only-{verb}", f"only-{verb}")
    for group, resource in sorted({(route.group, route.resource) for route in routes if route.is_resource}):
        name = parent_user(group, resource)
        await _role(driver, name, [{"verbs": ["*"], "apiGroups": [group], "resources": [resource]}])
        await _bind(driver, name, name)


def parent_user(group: str, resource: str) -> str:
    """Return who has every verb on a resource and none below it."""
    return f"only-{resource}-{group or 'core'}"


async def _role(driver: Driver, name: str, rules: list[dict[str, Any]]) -> None:
    await driver.ok("POST", f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})


async def _bind(driver: Driver, role: str, user: str, namespace: str = "") -> None:
    body = {
        "metadata": {"name": f"{role}-{user}"},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
    }  # fmt: skip
    path = f"{RBAC}/namespaces/{namespace}/rolebindings" if namespace else f"{RBAC}/clusterrolebindings"
    await driver.ok("POST", path, body)


async def _tokens(driver: Driver) -> dict[str, str]:
    accounts = driver.server.access.tokens.accounts
    account = (await driver.ok("GET", "/api/v1/namespaces/mine/serviceaccounts/default"))["metadata"]
    now = int(SystemClock().now())
    bound = {"namespace": "mine", "serviceaccount": {"name": "default", "uid": account["uid"]}}
    good = {
        "iss": driver.server.backend.config.issuer, "aud": [accounts.audience()], "exp": now + 3600, "nbf": now, "iat": now,
        "sub": "system:serviceaccount:mine:default", "kubernetes.io": bound,
    }  # fmt: skip
    masters = {"iss": ISSUER, "aud": "kube", "sub": "admin", "groups": ["system:masters"], "exp": now + 3600}
    stranger = Signer("P-256", accounts.key_id())
    head, body, signature = accounts.sign(good).split(".")
    admin = b64(orjson.dumps({**good, "sub": "system:serviceaccount:kube-system:admin"}))
    await _bootstrap_secret(driver)

    def bound_to(kind: str, name: str) -> str:
        return accounts.sign({**good, "kubernetes.io": {**bound, kind: {"name": name, "uid": "x"}}})

    return {
        "unknown": "no-such-token", "empty parts": "..", "static, other case": "JOES-TOKEN", "static, cut": "joes-toke",
        "expired": accounts.sign({**good, "exp": now - 1}), "not yet valid": accounts.sign({**good, "nbf": now + 3600}),
        "no expiry": accounts.sign({key: value for key, value in good.items() if key != "exp"}),
        "wrong audience": accounts.sign({**good, "aud": ["vault"]}), "no audience": accounts.sign({**good, "aud": []}),
        "wrong issuer": accounts.sign({**good, "iss": "https://elsewhere"}), "another key": stranger.sign(good, "ES256"),
        "account of another uid": bound_to("serviceaccount", "default"),
        "account that is gone": bound_to("serviceaccount", "gone"),
        "bound to a pod that is gone": bound_to("pod", "gone"), "bound to a node that is gone": bound_to("node", "gone"),
        "no signature": f"{head}.{body}.", "claims exchanged": f"{head}.{admin}.{signature}",
        "algorithm none": f"{b64(orjson.dumps({'alg': 'none'}))}.{admin}.",
        "issuer without keys": stranger.sign(masters, "ES256"),
        "bootstrap, expired": "expird.0123456789abcdef", "bootstrap, wrong secret": "expird.fedcba9876543210",
    }  # fmt: skip


async def _bootstrap_secret(driver: Driver) -> None:
    fields = {"token-id": "expird", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
              "expiration": "2020-01-01T00:00:00Z"}  # fmt: skip
    data = {key: base64.b64encode(value.encode()).decode() for key, value in fields.items()}
    secret = {"metadata": {"name": "bootstrap-token-expird"}, "type": "bootstrap.kubernetes.io/token", "data": data}
    await driver.ok("POST", "/api/v1/namespaces/kube-system/secrets", secret)
