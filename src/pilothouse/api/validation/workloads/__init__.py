"""Rules of what runs Pods, by API group."""
