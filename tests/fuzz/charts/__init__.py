"""Fuzz targets of the chart engine: templates, YAML, --set, archives and whole small charts."""
