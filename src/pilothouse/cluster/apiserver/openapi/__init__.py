"""OpenAPI: documents per group version (v3) and the merged one (v2), made when first asked for and kept as bytes."""
