"""Wire formats, as their standards say. Pure: bytes in, words of the vocabulary out, and back."""
