"""The bottom layer: seams and small mechanisms every other layer stands on.

Time, randomness, tasks, faults, errors, logs and metrics are values from here, passed in by the composition root, so that
any run can be repeated from a seed and any failure can be rehearsed. Nothing in this package imports another layer.
"""
