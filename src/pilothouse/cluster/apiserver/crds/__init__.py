"""Custom resources: from a CustomResourceDefinition to served paths.

`controller` follows definitions, decides names and conditions and extends the scheme; `resources` builds what is served.
"""
