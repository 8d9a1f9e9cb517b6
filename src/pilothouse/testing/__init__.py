"""Parts for tests of what runs on Pilothouse: disks that lose power and, later, whole control planes."""
