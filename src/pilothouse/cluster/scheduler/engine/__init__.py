"""The pure part of the scheduler: node columns, filters, scores, and the queue of waiting Pods."""
