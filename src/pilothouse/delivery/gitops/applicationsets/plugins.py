"""Asks plugins for parameters: one HTTP POST, with a token and a time limit."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.applicationsets.members import ClusterMembers
from pilothouse.delivery.gitops.engine.applicationsets.asks import PluginOutput
from pilothouse.delivery.gitops.engine.applicationsets.plugins import Plugin, read_plugin
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.errors import PilothouseError
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request
from pilothouse.wire.kubeconfig import ClusterAccess

PATH = "/api/v1/getparams.execute"
MAX_ANSWER_BYTES = 16 << 20
_OWN_SECRET = "argocd-secret"


class Plugins:
    """The plugins that ConfigMaps name."""

    def __init__(self, members: ClusterMembers) -> None:
        """Read ConfigMaps and Secrets through `members`."""
        self._members = members

    async def output(self, ask: PluginOutput, namespace: str, name: str) -> list[Tree]:
        """Return the parameters a plugin answers for the ApplicationSet `name`; raises `GeneratorFailed`."""
        plugin = await self._plugin(ask.config_map, namespace)
        body = orjson.dumps({"applicationSetName": name, "input": {"parameters": ask.parameters}})
        answer = await _exchange(plugin, body)
        found = ((answer.get("output") or {}) if isinstance(answer, dict) else {}).get("parameters")
        if found is None or not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise GeneratorFailed(
                f"the plugin at {plugin.url} answers no list of objects", fix='answer {"output": {"parameters": [...]}}'
            )
        return found

    async def _plugin(self, config_map: str, namespace: str) -> Plugin:
        data = await self._members.config_map(config_map, namespace)
        token = str((data or {}).get("token") or "").removeprefix("$")
        where = token.partition(":")[0] if ":" in token else _OWN_SECRET
        secret = await self._members.secret(where, namespace) if data else None
        return read_plugin(config_map, data, namespace, lambda _name: secret)


async def _exchange(plugin: Plugin, body: bytes) -> Any:
    access = ClusterAccess(plugin.url)
    access.token = plugin.token.strip()
    transport = HttpTransport(access, "argocd-applicationset", max_body_bytes=MAX_ANSWER_BYTES)
    headers = {"content-type": "application/json", "accept": "application/json"}
    try:
        async with asyncio.timeout(plugin.timeout_s):
            response = await transport.send(Request("POST", PATH, headers=headers, body=body))
            payload = await response.read()
    except TimeoutError:
        text = f"the plugin at {plugin.url} gave no answer within {plugin.timeout_s} s"
        raise GeneratorFailed(text, fix="raise requestTimeout in its ConfigMap") from None
    except PilothouseError as error:
        raise GeneratorFailed(f"the plugin at {plugin.url} cannot be asked: {error.message}") from None
    finally:
        await transport.close()
    if response.status >= 400:
        shown = payload[:200].decode("utf-8", "replace")
        raise GeneratorFailed(f"the plugin at {plugin.url} answers with status {response.status}: {shown}")
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise GeneratorFailed(f"the plugin at {plugin.url} does not answer with JSON") from None
