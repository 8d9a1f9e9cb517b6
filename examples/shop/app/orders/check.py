"""Checks the configuration of a release before anything is changed."""

import os
import sys

version = os.environ.get("SHOP_VERSION", "")
if not version:
    sys.exit("SHOP_VERSION is not set: set image.tag in the values")
print(f"configuration of version {version} is complete")
