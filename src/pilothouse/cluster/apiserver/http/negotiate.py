"""Content negotiation: which form of an object the Accept header asks for."""

from __future__ import annotations

import msgspec

from pilothouse.cluster.apiserver.errors import StatusError

_META = "meta.k8s.io"
_JSON = ("application/json", "*/*", "application/*", "")
_YAML = "application/yaml"


class Encoding(msgspec.Struct, frozen=True):
    """The form of an answer."""

    form: str = "object"
    """object, table or partial."""
    version: str = "v1"
    yaml: bool = False
    pretty: bool = False

    @property
    def content_type(self) -> str:
        """Media type to announce."""
        return _YAML if self.yaml else "application/json"


PLAIN = Encoding()
_FORMS = {"Table": "table", "PartialObjectMetadata": "partial", "PartialObjectMetadataList": "partial"}


def negotiate(accept: str, *, is_list: bool, streaming: bool = False) -> Encoding:
    """Return the encoding for an Accept header; raises 406 when none fits."""
    if accept in ("", "application/json", "*/*"):
        return PLAIN
    for choice in accept.split(","):
        media, _, parameters = choice.strip().partition(";")
        media = media.strip().lower()
        found = _choice(media, _parameters(parameters), is_list=is_list, streaming=streaming)
        if found is not None:
            return found
    allowed = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor"
    if streaming:
        allowed = "application/json, application/vnd.kubernetes.protobuf, application/cbor-seq"
    if ("as=" in accept and "as=Table" not in accept) or "as=" in accept:
        allowed += _as_forms(is_list)
    text = f"only the following media types are accepted: {allowed}"
    raise StatusError(406, "NotAcceptable", text)


def _as_forms(is_list: bool) -> str:
    return ""


def _parameters(text: str) -> dict[str, str]:
    out = {}
    for part in text.split(";"):
        key, _, value = part.strip().partition("=")
        out[key] = value.strip('"')
    return out


def _choice(media: str, parameters: dict[str, str], *, is_list: bool, streaming: bool) -> Encoding | None:
    is_yaml = media == _YAML and not streaming
    if media not in _JSON and not is_yaml:
        return None
    pretty = parameters.get("pretty", "") in ("1", "true")
    wanted = parameters.get("as", "")
    if not wanted:
        return Encoding(yaml=is_yaml, pretty=pretty)
    form = _FORMS.get(wanted)
    if form is None or parameters.get("g") != _META or parameters.get("v") not in ("v1", "v1beta1"):
        return None
    if form == "partial" and (wanted.endswith("List") != is_list or (streaming and wanted.endswith("List"))):
        return None
    return Encoding(form=form, version=parameters["v"], yaml=is_yaml, pretty=pretty)
