"""Rules of the kinds of group "", version v1, besides Pods: what they may hold, and what of them may change.

One module per family of kinds. `kinds` looks the functions up; the rules of Pods use the modules about volume sources and
references. Facts are those of Kubernetes 1.36 (`pkg/apis/core/validation`): paths, order and wording are what clients match.
"""
