"""Assertions: each type of helm-unittest with what it needs, what it says and how it decides.

`run_assertion` chooses files and documents and asks the type; the types are in the modules beside this one.
"""

from __future__ import annotations

from pilothouse.delivery.charts.engine.suites.asserting.about_documents import DOCUMENT_KINDS
from pilothouse.delivery.charts.engine.suites.asserting.about_texts import TEXT_KINDS
from pilothouse.delivery.charts.engine.suites.asserting.about_values import VALUE_KINDS
from pilothouse.delivery.charts.engine.suites.asserting.asked import Kind

KINDS: dict[str, Kind] = {**VALUE_KINDS, **DOCUMENT_KINDS, **TEXT_KINDS}
