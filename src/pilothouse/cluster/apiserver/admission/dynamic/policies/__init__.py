"""Admission policies: expressions that the server evaluates itself, where a binding puts them in force.

`index` joins policies with their bindings and follows changes, `evaluation` holds what their expressions see, `validating` and
`mutating` act on the outcome, `patches` makes changes out of values. Source: admissionregistration v1.
"""
