"""The side door for connectors that carry packets over a wire: what all of them need, once.

`spool`: bytes from the wire into a file of ours; `landing`: such a file as a packet in custody; `hand`: what was being
read when the hub died; `journal`: what was sent, and by whose id; `pacing`: how slowly a transfer may come; `traffic`:
how much is asked at a time, and pauses after outages; `later`: what is tried again with growing patience; `failures`:
what can go wrong on the way.
"""
