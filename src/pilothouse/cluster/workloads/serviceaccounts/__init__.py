"""ServiceAccounts: every namespace has a ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.

Both are put back when somebody deletes them.
"""
