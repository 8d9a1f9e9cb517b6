"""Rules of dynamic admission: webhook configurations and the conditions under which they apply."""
