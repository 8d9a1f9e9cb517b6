"""Field ownership: sets of field paths, typed values walked by schema, and the managedFields entries made of them.

`sets` is the trie that FieldsV1 writes down, `typed` walks values by their schema (to set, compare, merge, remove),
`managers` reads and writes `metadata.managedFields`. Source: the structured merge design of Kubernetes (KEP-555).
"""
