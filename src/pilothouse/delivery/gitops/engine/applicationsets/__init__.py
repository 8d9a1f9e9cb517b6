"""ApplicationSets: from generators to Applications.

A generator is carried out by a Python generator: it yields what it has to know of the world (`asks`) and is sent the answer, so
the same code runs in the controller, in a preview of the command line and in tests. Flow: `generating.applications` ->
`generators` and `combining` (matrix, merge) give parameters -> `templating` fills the template -> `planning` says which
Applications to create, change and delete -> `progressive` says which of them may sync now.
"""
