"""Word a failed render as Helm does: parse errors by file and line, execution errors as a list of frames."""

from __future__ import annotations

import re

from pilothouse.delivery.charts.engine.execution.faults import ExecError

_EXECUTING = re.compile(r'template: (.*?): executing ("(?:[^"\\]|\\.)*") at <(.*?)>: (.*)\Z', re.DOTALL)
_NO_TEMPLATE = re.compile(r"template: no template (?:.*) associated with template (?:.*)\Z", re.DOTALL)
_REQUIRED = "HELM_ERR_START"
_MARKED = re.compile(r"HELM_ERR_START((?s:.*))HELM_ERR_END")


def required_marker(message: str) -> str:
    """Wrap a message of `required` or `fail` so that only it is shown."""
    return f"HELM_ERR_START{message}HELM_ERR_END"


def shown_message(message: str) -> str:
    """Return what an error says, without the marks around the message of `required` or `fail`."""
    marked = _MARKED.search(message)
    return marked.group(1) if marked else message


def marked_message(text: str) -> str:
    """Word an execution error in one line, as helm 3 does: whole, or the message of `required` or `fail` with its place."""
    tokens = text.split(": ", 2)
    marked = _MARKED.search(tokens[2]) if len(tokens) == 3 else None
    return f"execution error at ({tokens[1]}): {marked.group(1)}" if marked else text


def parse_message(error: str, name: str) -> str:
    """Word a parse error."""
    parts = error.split(": ", 2)
    if len(parts) == 1:
        return f"parse error in ({name}): {error}"
    return f"parse error at ({parts[1]}): {parts[2]}" if len(parts) == 3 else error


def _frame(text: str) -> tuple[str, str, str] | None:
    if _NO_TEMPLATE.match(text):
        return "", "", text
    match = _EXECUTING.match(text)
    if match is None:
        return None
    location, name, node, message = match.groups()
    cut = message.find(" template:")
    if cut >= 0:
        message = message[:cut] if message[:cut].endswith(":") else message
    return location, f"executing {name} at <{node}>:", message


def exec_message(error: ExecError, name: str) -> str:
    """Word an execution error: the message of `required` or `fail` alone, else one frame per template."""
    text = str(error)
    tokens = text.split(": ", 2)
    if len(tokens) != 3:
        return f"execution error in ({name}): {text}"
    marked = _MARKED.search(tokens[2])
    if marked:
        return f"execution error at ({tokens[1]}): {marked.group(1)}"
    frames: list[tuple[str, str, str]] = []
    current: BaseException | None = error
    while current is not None:
        frame = _frame(str(current))
        if frame is None:
            return text
        if not frames or frames[-1] != frame:
            frames.append(frame)
        current = getattr(current, "inner", None)
    out = ""
    for location, executing, message in frames:
        out += f"{location}\n  " if location else ""
        out += f"{executing}\n    " if executing else ""
        out += f"{message}\n" if message else ""
    return out.strip()
