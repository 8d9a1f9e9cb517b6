"""Is each OpenAPI document that standard input holds (a JSON object by name) valid? Prints a line for every problem.

Defaults are not validated: like those of the reference server, they leave out what a user has to fill in.
"""

import json
import sys

from openapi_spec_validator import OpenAPIV30SpecValidator

for name, document in json.load(sys.stdin).items():
    for error in OpenAPIV30SpecValidator(document).iter_errors():
        if "default" not in error.absolute_schema_path and not error.message.endswith("is a required property"):
            print(f"{name}: {error.message[:300]}")
