"""Content negotiation: which form of an object the Accept header asks for."""

from __future__ import annotations

import msgspec

from pilothouse.cluster.apiserver.errors import StatusError

_META = "meta.k8s.io"
_JSON = ("application/json", "*/*", "application/*", "")
_YAML = "application/yaml"
_AVAILABLE = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_STREAMS = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
_KNOWN = (*_JSON, _YAML, "application/vnd.kubernetes.protobuf")


class Encoding(msgspec.Struct, frozen=True):
    """The form of an answer."""

    form: str = "object"
    """object, table or partial."""
    version: str = "v1"
    yaml: bool = False
    pretty: bool = False
    of_list: bool = False
    """Whether the metadata of a list was asked for."""

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
    known = False
    for choice in accept.split(","):
        media, _, parameters = choice.strip().partition(";")
        media = media.strip().lower()
        known = known or media in _KNOWN
        found = _choice(media, _parameters(parameters), streaming=streaming)
        if found is not None:
            return found
    if streaming:
        allowed = "application/json, application/vnd.kubernetes.protobuf, application/cbor-seq"
        raise StatusError(406, "NotAcceptable", f"only the following media types are accepted: {allowed}")
    if known:
        raise StatusError(406, "NotAcceptable", f"only the following media types are accepted: {_AVAILABLE}")
    available = _AVAILABLE + (_STREAMS if is_list else "")
    raise StatusError(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {available}", {})


def check_form(encoding: Encoding, kind: str, *, is_list: bool) -> None:
    """Raise 406 when metadata of one object is asked of a list, or the other way round."""
    if encoding.form != "partial" or encoding.of_list == is_list:
        return
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
    of_list = wanted.endswith("List")
    if streaming and of_list:
        return None
    return Encoding(form=form, version=parameters["v"], yaml=is_yaml, pretty=pretty, of_list=of_list)
