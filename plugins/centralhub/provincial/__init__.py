"""The REST shape of one province's hub (facts 3.7), spoken by `client`. Experimental: no such hub has been seen."""
