"""Chart repositories and registries: where charts come from, and where they go.

Flow: `locate` turns what a user names (a URL, `repo/chart`, `oci://...`) into the bytes of an archive, checked against the digest
its index or manifest gives; `dependencies` brings the charts a chart needs into its `charts/` folder and locks their versions;
`provenance` signs archives and checks signatures. `engine` is pure (indexes, versions, locks, references), `adapters` do the I/O.

Helm's own settings are used: repositories.yaml, cached indexes and registry credentials are shared with helm. Limits: 64 MB per
index, 100 MB per archive, 4 MB per manifest, 10 redirects, credentials never follow a redirect to another host.
"""
