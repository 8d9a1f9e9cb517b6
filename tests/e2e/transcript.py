"""Readable transcripts of client programs: commands, and what a user must see.

A file is one scenario. It runs in a directory and a namespace of its own, row after row:

    === shop.yaml            a file of the scenario, up to the next `===`
    kind: ConfigMap
    ===
    # a remark
    $ kubectl get configmap shop
      NAME   DATA   AGE        an indented line is a line of stdout
      shop   1      *          `*` stands for anything in a line
      ...                      for any number of lines, also none
    ! Error from server        a line of stderr
    ? 1                        the exit status when it is not 0
    % newest                   the texts are those of the newest program; of older ones only the status counts

Blank lines and the width of columns do not count. `python -m tests.e2e.transcript FILE...` runs scenarios against the platform
of $KUBECONFIG and writes what it saw in place of what was expected, for a reader to judge.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROW_TIMEOUT_S = 70
VOLATILE = (
    (r"\b(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?m?s\b|\b<invalid>\b", "*"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "*"),
    (r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}", "*"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "*"),
    (r"\b10\.(?:96|244)\.\d+\.\d+\b", "*"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{10}(?:-[bcdfghjklmnpqrstvwxz2456789]{5})?\b", "-*"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-*"),
    (r"\b[0-9a-f]{64}\b", "*"),
    (r"\d{4}-\d\d-\d\d [\d:]{8} [+-]\d{4} UTC", "*"),
    (r"(Resource Version: +|resourceVersion[:=\"\s]+)\"?\d+\"?", r"\1*"),
    (r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]{8} \d{4}", "*"),
    (r"\b3[0-2]\d{3}(?=/TCP)", "*"),
    (r"(?<=pod-template-hash=)\w+", "*"),
)


@dataclass
class Row:
    """A command and what it must show."""

    line: int
    command: str
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    status: int = 0
    is_newest: bool = False


@dataclass
class Scenario:
    """The rows of a file, and the files they need."""

    name: str
    files: dict[str, str]
    rows: list[Row]


def read(path: Path) -> Scenario:
    """Read a scenario; a line that is none of the forms above is an error."""
    files: dict[str, str] = {}
    rows: list[Row] = []
    name = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("==="):
            name = line[3:].strip()
            files.setdefault(name, "")
        elif name:
            files[name] += line + "\n"
        elif line.startswith("$ "):
            rows.append(Row(number, line[2:]))
        elif line.startswith("  "):
            rows[-1].out.append(line.strip())
        elif line.startswith("!"):
            rows[-1].err.append(line[1:].strip())
        elif line.startswith("? "):
            rows[-1].status = int(line[2:])
        elif line == "% newest":
            rows[-1].is_newest = True
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{path}:{number}: not a line of a transcript: {line}")
    files.pop("", None)
    return Scenario(path.stem, files, rows)


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in " ".join(line.split()).split("*"))


def matches(expected: list[str], text: str) -> bool:
    """Whether a text has the expected lines."""
    shown = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    parts = [r"(?:[^\n]*\n)*?" if line == "..." else _pattern(line) + r"\n" for line in expected if line]
    return re.fullmatch("".join(parts), "".join(f"{line}\n" for line in shown)) is not None


class Session:
    """A scenario that is being run: its directory, its namespace and the rows that were run."""

    def __init__(self, scenario: Scenario, directory: Path, kubeconfig: Path, path: str) -> None:
        """Write the files and a kubeconfig that points to the scenario's namespace; `path` is where the programs are."""
        self.scenario, self.directory, self.done = scenario, directory, 0
        own = directory / "kubeconfig"
        own.write_text(kubeconfig.read_text())
        self.environment = {
            **os.environ, "KUBECONFIG": str(own), "PATH": f"{path}:{os.environ['PATH']}", "NS": scenario.name,
            "HOME": str(directory), "LANG": "C.UTF-8", "KUBE_EDITOR": "false",
        }  # fmt: skip
        for name, text in scenario.files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
        self.run("kubectl create namespace $NS; kubectl config set-context --current --namespace=$NS")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user's shell does."""
        shell = ["timeout", str(ROW_TIMEOUT_S), "bash", "-c", command]
        return subprocess.run(
            shell, cwd=self.directory, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )

    def close(self) -> None:
        """Leave nothing to the next scenario; programs in the background have written their ids into `pid`."""
        self.run("test -e pid && kill $(cat pid)")
        self.run("kubectl delete namespace $NS --ignore-not-found --timeout=60s")

    def run_row(self, index: int) -> subprocess.CompletedProcess[str]:
        """Run a row, after the rows before it."""
        while self.done < index:
            self.run(self.scenario.rows[self.done].command)
            self.done += 1
        self.done = index + 1
        return self.run(self.scenario.rows[index].command)


def difference(row: Row, seen: subprocess.CompletedProcess[str], *, is_newest: bool = True) -> str:
    """Return what differs between a row and what was seen, empty when nothing does."""
    good = row.status == seen.returncode
    if is_newest or not row.is_newest:
        good = good and matches(row.out, seen.stdout) and matches(row.err, seen.stderr)
    return "" if good else f"$ {row.command}\n{_shown(seen, masked=False)}"


def _shown(seen: subprocess.CompletedProcess[str], *, masked: bool) -> str:
    def lines(text: str, head: str) -> str:
        return "".join(f"{head}{_mask(line) if masked else line}".rstrip() + "\n" for line in text.splitlines() if line.strip())

    status = f"? {seen.returncode}\n" if seen.returncode else ""
    return lines(seen.stdout, "  ") + lines(seen.stderr, "! ") + status


def _mask(line: str) -> str:
    for pattern, mask in VOLATILE:
        line = re.sub(pattern, mask, line)
    return line


def write(path: Path, session: Session) -> None:
    """Run a scenario and write what was seen into its file, where it differs from what was expected."""
    lines = path.read_text().splitlines()
    rows = {row.line: (index, row) for index, row in enumerate(session.scenario.rows)}
    text: list[str] = []
    is_replaced = is_file = False
    for number, line in enumerate(lines, 1):
        is_file = bool(line[3:].strip()) if line.startswith("===") else is_file
        if number in rows:
            index, row = rows[number]
            seen = session.run_row(index)
            is_replaced = bool(difference(row, seen))
            print(("~ " if is_replaced else "  ") + row.command, file=sys.stderr)
            text += [line, *(_shown(seen, masked=True).splitlines() if is_replaced else [])]
        elif is_file or not (is_replaced and line.startswith(("  ", "!", "? "))):
            text.append(line)
    path.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as home:
            programs = os.environ.get("PROGRAMS", str(Path(sys.executable).parent))
            running = Session(read(Path(name)), Path(home), Path(os.environ["KUBECONFIG"]), programs)
            write(Path(name), running)
            running.close()
