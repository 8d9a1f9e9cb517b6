"""Rules of a schema (`x-kubernetes-validations`): expressions that objects must hold to.

`checks` looks at rules when a definition is written, `tree` applies them to objects, `nested` finds those inside `allOf`.
Nothing is imported here: the expression language is loaded only for schemas that have rules.
"""
