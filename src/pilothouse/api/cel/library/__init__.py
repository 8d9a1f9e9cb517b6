"""The functions of expressions, one table of (name, signature, function) rows per file.

`standard`, `conversions`, `times` and `optionals` belong to the language; `strings`, `sets` are its extensions; the rest is what
Kubernetes adds. A row's function gets checked values and raises `EvalError` when there is no result.
"""
