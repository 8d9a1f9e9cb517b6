"""Run `pilothouse chart ...` in this process and return what helm's recording holds: exit code and both streams."""

from __future__ import annotations

import argparse
import contextlib
import io

from pilothouse.delivery.charts import cli


class _Stream(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode("utf-8", "surrogateescape")  # type: ignore[attr-defined]


def run_chart(argv: list[str]) -> tuple[int, str, str]:
    """Run one command line (after `pilothouse chart`)."""
    out, err = _Stream(), _Stream()
    parser = argparse.ArgumentParser(prog="pilothouse")
    cli.register(parser.add_subparsers())
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            args = parser.parse_args(["chart", *argv])
            code = args.run(args)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
    return code, out.text(), err.text()
