"""Other sides of a wire, run on this machine: for tests, for a demonstration, for learning what is said."""
