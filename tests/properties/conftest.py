"""How many examples a property gets: few in `make test`, many in `make fuzz`."""

from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=60)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
