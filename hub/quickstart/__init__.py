"""The demonstration province: the real hub, and units' software played by small programs over their folders."""
