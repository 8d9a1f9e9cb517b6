"""The file of static tokens that `--token-file` names: one token a line, as CSV.

`token,user,uid` with an optional fourth column of groups, quoted when there are several: `"group1,group2"`. Rules of the
reference server: empty lines and empty tokens are passed over, the last of several equal tokens counts; both with a warning.
"""

from __future__ import annotations

import csv
import io

import msgspec

from pilothouse.kit.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
Identity = tuple[str, str, tuple[str, ...]]
"""(user, uid, groups)"""


class BadTokenFile(Invalid):
    """The token file cannot be used; the message names the line."""

    reason = "BadTokenFile"


class TokenFile(msgspec.Struct, frozen=True):
    """What a token file says."""

    tokens: dict[str, Identity]
    warnings: tuple[str, ...] = ()


def parse_token_file(text: str, path: str) -> TokenFile:
    """Return the tokens of a file's text; `path` is what messages call it. Raises `BadTokenFile` with the line."""
    if len(text) > MAX_BYTES:
        raise BadTokenFile(f"{path} is longer than {MAX_BYTES} bytes", fix="keep one line per token")
    tokens: dict[str, Identity] = {}
    warnings: list[str] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                _add(tokens, warnings, row, f"{path}, line {line}")
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadTokenFile(f"{path}, line {max(line, reader.line_num)}: {error}", fix=_FORM) from None
    return TokenFile(tokens, tuple(warnings))


_FORM = 'write token,user,uid or token,user,uid,"group1,group2"'


def _add(tokens: dict[str, Identity], warnings: list[str], row: list[str], where: str) -> None:
    if len(row) < 3:
        text = f"{where}: at least 3 columns are needed (token, user name, user uid), found {len(row)}"
        raise BadTokenFile(text, fix=_FORM)
    token, user, uid = row[:3]
    if not token:
        warnings.append(f"{where}: the token is empty, the line is passed over")
        return
    if not user:
        raise BadTokenFile(f"{where}: the user name is empty", fix=_FORM)
    if token in tokens:
        warnings.append(f"{where}: the token stands in the file twice, this line counts")
    groups = tuple(row[3].split(",")) if len(row) > 3 and row[3] else ()
    tokens[token] = (user, uid, groups)
