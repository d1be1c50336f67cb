"""A connector in a worker process of its own: what it does there, it does to itself."""
