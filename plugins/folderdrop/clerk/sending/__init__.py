"""The sending half of a clerk's share: what lies in `gui-di` becomes a document, and its receipt is kept up to date."""
