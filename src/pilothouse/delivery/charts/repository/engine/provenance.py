"""What a provenance file says: Chart.yaml, and the digest of the archive; the signature around it is checked elsewhere."""

from __future__ import annotations

import hashlib
from typing import Any

from pilothouse.delivery.charts.engine.chart.metadata import chart_yaml
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.repository.errors import SignatureInvalid

_END = "\n...\n"
MAX_PROVENANCE_BYTES = 4 << 20


def statement(metadata: dict[str, Any], file_name: str, archive: bytes) -> bytes:
    """Return the text that is signed."""
    digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    return (chart_yaml(metadata) + _END + write_yaml({"files": {file_name: digest}})).encode()


def check_statement(text: bytes, file_name: str, archive: bytes) -> str:
    """Return the archive's digest when the signed text states it; raises SignatureInvalid."""
    _, end, sums = text.decode("utf-8", "replace").replace("\r\n", "\n").partition(_END)
    if not end:
        raise SignatureInvalid("message block must have at least two parts")
    try:
        tree = read_yaml(sums.partition(_END)[0])
    except YamlError as error:
        raise SignatureInvalid(f"the sums of the provenance file are not YAML: {error}") from None
    files = tree.get("files") if isinstance(tree, dict) else None
    stated = files.get(file_name) if isinstance(files, dict) else None
    if not isinstance(stated, str):
        raise SignatureInvalid(f'provenance does not contain a SHA for a file named "{file_name}"')
    actual = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    if stated != actual:
        raise SignatureInvalid(f'sha256 sum does not match for {file_name}: "{stated}" != "{actual}"')
    return actual
