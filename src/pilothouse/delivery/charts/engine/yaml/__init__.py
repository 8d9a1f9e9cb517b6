"""YAML as Helm's YAML library reads and writes it: YAML 1.1 scalars, floats for numbers, Go's key order and quoting."""
