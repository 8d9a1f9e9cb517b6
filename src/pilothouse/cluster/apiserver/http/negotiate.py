"""Content negotiation: which form of an object the Accept header asks for."""

from __future__ import annotations

import msgspec

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.errors import StatusError

_META = "meta.k8s.io"
_JSON = ("application/json", "*/*", "application/*", "")
_YAML = "application/yaml"
_AVAILABLE = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_STREAMS = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
_PROTOBUF = "application/vnd.kubernetes.protobuf"
_KNOWN = (*_JSON, _YAML, _PROTOBUF)


class Encoding(msgspec.Struct, frozen=True):
    """The form of an answer."""

    form: str = "object"
    """object, table or partial."""
    version: str = "v1"
    media: str = "json"
    """json, yaml or protobuf."""
    pretty: bool = False
    of_list: bool = False
    """Whether the metadata of a list was asked for."""

    @property
    def content_type(self) -> str:
        """Media type to announce."""
        return _MEDIA_TYPES[self.media]


_MEDIA_TYPES = {"json": "application/json", "yaml": _YAML, "protobuf": _PROTOBUF}
PLAIN = Encoding()
_FORMS = {"Table": "table", "PartialObjectMetadata": "partial", "PartialObjectMetadataList": "partial"}


def negotiate(accept: str, *, is_list: bool, streaming: bool = False, is_whole: bool = False) -> Encoding:
    """Return the encoding for an Accept header; raises 406 when none fits.

    `is_whole` is for what is answered as the object only, such as reviews: it has no table and no metadata of its own.
    """
    if accept in ("", "application/json", "*/*"):
        return PLAIN
    known = False
    for choice in sorted(accept.split(","), key=_costs_more):
        media, _, parameters = choice.strip().partition(";")
        media = media.strip().lower()
        known = known or media in _KNOWN
        found = _choice(media, _parameters(parameters), streaming=streaming)
        if found is not None and not (is_whole and found.form != "object"):
            return found
    if streaming:
        allowed = "application/json, application/vnd.kubernetes.protobuf, application/cbor-seq"
        raise StatusError(406, "NotAcceptable", f"only the following media types are accepted: {allowed}")
    if known:
        raise StatusError(406, "NotAcceptable", f"only the following media types are accepted: {_AVAILABLE}")
    available = _AVAILABLE + (_STREAMS if is_list else "")
    raise StatusError(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {available}", {})


def _costs_more(choice: str) -> bool:
    """Whether a form is made anew for each answer: of the forms a client accepts, kept bytes are preferred."""
    return choice.lstrip().startswith(_PROTOBUF)


def check_form(encoding: Encoding, resource: Resource, *, is_list: bool) -> None:
    """Raise 406 when metadata of one object is asked of a list, or the other way round."""
    if encoding.form != "partial" or encoding.of_list == is_list:
        return
    kind = "unstructured.Unstructured"
    if not resource.is_custom:
        kind = f"{resource.group.partition('.')[0] or 'core'}.{resource.kind}"
    if is_list:
        text = f"you requested PartialObjectMetadata, but the requested object is a list (*{kind}List)"
    else:
        text = f"you requested PartialObjectMetadataList, but the requested object is not a list (*{kind})"
    raise StatusError(406, "NotAcceptable", text)


def _parameters(text: str) -> dict[str, str]:
    out = {}
    for part in text.split(";"):
        key, _, value = part.strip().partition("=")
        out[key] = value.strip('"')
    return out


def _choice(media: str, parameters: dict[str, str], *, streaming: bool) -> Encoding | None:
    found = "json" if media in _JSON else {_YAML: "yaml", _PROTOBUF: "protobuf"}.get(media, "")
    if not found or (found == "yaml" and streaming):
        return None
    pretty = parameters.get("pretty", "") in ("1", "true")
    wanted = parameters.get("as", "")
    if not wanted:
        return Encoding(media=found, pretty=pretty)
    form = _FORMS.get(wanted)
    if (
        form is None
        or (found == "protobuf" and form == "table")
        or parameters.get("g") != _META
        or parameters.get("v") not in ("v1", "v1beta1")
    ):
        return None
    of_list = wanted.endswith("List")
    if streaming and of_list:
        return None
    return Encoding(form=form, version=parameters["v"], media=found, pretty=pretty, of_list=of_list)
