"""The health of live objects: `judge` asks probes (`board`), then Lua, then the own rules; the rest carries probes out."""
