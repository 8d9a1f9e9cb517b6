"""Test suites of charts in the format of helm-unittest: read, render, assert, report. Pure: the caller brings files."""
