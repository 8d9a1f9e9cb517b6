"""What is wrong with a field, and how messages word it and show its value.

Validators return lists of `FieldError`; the API server turns them into a Status. `internal_form` and `internal_diff` show values
the way the reference server does, which prints its in-memory types.
"""

from pilothouse.api.findings.fields import (
    FieldError,
    Verbatim,
    duplicate,
    forbidden,
    go_float,
    invalid,
    not_found,
    quote,
    required,
    show,
    too_long,
    too_many,
    type_invalid,
    unsupported,
)
from pilothouse.api.findings.internalform import internal_diff, internal_form

__all__ = [
    "FieldError", "Verbatim", "duplicate", "forbidden", "go_float", "internal_diff", "internal_form", "invalid", "not_found",
    "quote", "required", "show", "too_long", "too_many", "type_invalid", "unsupported",
]  # fmt: skip
