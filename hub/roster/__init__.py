"""A province's list of units as its people keep it, in a spreadsheet. Pure: bytes in, differences out."""
