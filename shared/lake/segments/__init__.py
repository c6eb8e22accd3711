"""Segments asked of the lake: as SQL over the profile snapshot and events, before they go live, and over the past."""
