"""A unit's software that is a REST server: the hub is its client, and one YAML profile a brand says how it speaks."""
