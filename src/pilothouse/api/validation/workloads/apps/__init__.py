"""Rules of the apps group and of the ReplicationController: selectors and templates, strategies, revisions."""
