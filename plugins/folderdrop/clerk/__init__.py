"""`layout: clerk`: a unit without software receives documents, and answers them by moving their folders."""
