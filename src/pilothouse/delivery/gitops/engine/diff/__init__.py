"""Whether a live object is what is wanted.

The controller asks the API server what applying would store (`server`), takes away what somebody else changed, what rules say
to ignore (`ignore`, `managers`) and what never counts (`normal`), and compares. Without such an answer `classic` predicts it
from the last-applied configuration or from the two objects, and `structured` from the managed fields. `secrets` hides values
before an object is shown. All of it is pure; jq expressions that are no plain paths are run by a function that is passed in.
"""

from pilothouse.delivery.gitops.engine.diff.ignore import IgnoreRule, normalize, read_rules
from pilothouse.delivery.gitops.engine.diff.outcome import Diff
from pilothouse.delivery.gitops.engine.diff.secrets import hide_secret_data
from pilothouse.delivery.gitops.engine.diff.server import diff_predicted

__all__ = ["Diff", "IgnoreRule", "diff_predicted", "hide_secret_data", "normalize", "read_rules"]
