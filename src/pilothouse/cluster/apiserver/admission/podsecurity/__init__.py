"""Pod Security Admission: the levels privileged, baseline and restricted, chosen by the labels of a namespace.

`standard` is the table of checks and since which version each holds; `baseline` and `restricted` hold the checks, `violations`
what they share; `policy` reads the labels; `stage` asks for Pods, warns for workloads and for namespaces whose level rises.
"""
