"""Ids that people give what they configure."""

ITEM_ID = r"^[a-z0-9_][a-z0-9_-]{0,63}$"
