"""Stand-ins for services that tests can't reach, each kept honest by its vendor's own client."""
