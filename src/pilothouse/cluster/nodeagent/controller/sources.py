"""Looking up what Pods refer to: ConfigMaps, Secrets, Services from shared caches, tokens and claims from the API.

Lookups of caches are immediate, so that the pure engine can use them; tokens and claims are fetched beforehand. Tokens are kept
until four fifths of their life are over.
"""

from __future__ import annotations

from pilothouse.cluster.nodeagent.engine.env import Sources
from pilothouse.cluster.nodeagent.engine.volumes import claim_of, persistent_path, tokens_of
from pilothouse.cluster.nodeagent.types import Json
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import Denied, NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.informer import Informer
from pilothouse.sdk.kinds import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, SERVICE_ACCOUNT

REFRESH_SHARE = 0.8
TokenKey = tuple[str, str, int]
"""Pod uid, audience, lifetime in seconds."""


class ObjectSources:
    """Everything a Pod may refer to."""

    def __init__(self, client: Client, clock: Clock, config_maps: Informer, secrets: Informer, services: Informer) -> None:
        """Read from the given informers' caches and, for the rest, through `client`."""
        self._client, self._clock = client, clock
        self.config_maps, self.secrets, self.services = config_maps, secrets, services
        self._tokens: dict[TokenKey, tuple[str, float]] = {}
        self.node: Json = {}

    async def start(self) -> None:
        """Wait until the caches are complete."""
        for informer in (self.config_maps, self.secrets, self.services):
            await informer.start()

    def of(self, namespace: str) -> Sources:
        """Return the lookups of one namespace."""
        return Sources(
            lambda name: self.config_maps.cache.get(name, namespace),
            lambda name: self.secrets.cache.get(name, namespace),
            self.node,
        )

    async def fetch_tokens(self, pod: Json) -> bool:
        """Get every token the Pod's volumes need; True when one was renewed."""
        is_renewed = False
        for audience, lifetime_s in tokens_of(pod):
            key = (str(pod["metadata"]["uid"]), audience, lifetime_s)
            known = self._tokens.get(key)
            if known is None or self._clock.now() >= known[1]:
                self._tokens[key] = (
                    await self._request_token(pod, audience, lifetime_s),
                    self._clock.now() + lifetime_s * REFRESH_SHARE,
                )
                is_renewed = True
        return is_renewed

    async def _request_token(self, pod: Json, audience: str, lifetime_s: int) -> str:
        metadata = pod["metadata"]
        bound = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
        spec: Json = {"expirationSeconds": lifetime_s, "boundObjectRef": bound, "audiences": [audience] if audience else []}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        account = str(pod["spec"].get("serviceAccountName") or "default")
        answer = await self._client.create_subresource(SERVICE_ACCOUNT, account, metadata["namespace"], "token", body)
        return str((answer.get("status") or {}).get("token", ""))

    def token(self, uid: str, audience: str, lifetime_s: int) -> str | None:
        """Return a token fetched before."""
        known = self._tokens.get((uid, audience, lifetime_s))
        return known[0] if known else None

    def forget(self, uid: str) -> None:
        """Drop a Pod's tokens."""
        for key in [key for key in self._tokens if key[0] == uid]:
            del self._tokens[key]

    async def persistent_paths(self, pod: Json) -> dict[str, str]:
        """Return the folder of every claim the Pod uses, by claim name; raises MountFailed when one is not bound."""
        found = {}
        namespace = pod["metadata"]["namespace"]
        for volume in pod["spec"].get("volumes") or []:
            name = claim_of(pod, volume)
            if not name:
                continue
            claim = await self._get_claim(name, namespace)
            bound = ((claim or {}).get("spec") or {}).get("volumeName")
            held = None
            if bound:
                try:
                    held = await self._client.get(PERSISTENT_VOLUME, bound)
                except (NotFound, Denied):  # a node reads a volume once the volume names the claim
                    held = None
            found[name] = persistent_path(name, claim, held)
        return found

    async def _get_claim(self, name: str, namespace: str) -> Json | None:
        try:
            return await self._client.get(PERSISTENT_VOLUME_CLAIM, name, namespace)
        except NotFound:
            return None
