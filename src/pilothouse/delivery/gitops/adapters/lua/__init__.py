"""Lua as Argo CD's customizations use it: health checks and actions, on LuaJIT 2.1 in a sandbox.

`sandbox` runs one script on one object; `scripts` finds the script of a kind; `customizations` and `folders` read scripts from
ConfigMap argocd-cm and from a `resource_customizations` tree; `checks` and `actions` know what a script is given and must
return; `worker` is the process that runs what users wrote, with a limit on time. Needs the package lupa of the extra `gitops`,
which is imported with the first script.
"""
