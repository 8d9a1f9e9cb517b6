"""The composition root: the only place that knows every capability.

`standard` lists what ships, `lifecycle` builds one control plane from it, `main` finds the command, `cli` holds the verbs on
resources and `commands` those on the platform itself.
"""
