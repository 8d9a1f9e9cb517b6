"""The pure part of GitOps: health verdicts, tasks in order, and the next step of a sync."""
