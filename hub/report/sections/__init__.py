"""The report's sections: what is said about the figures, in the order of the official form. Pure."""
