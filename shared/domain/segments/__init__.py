"""Segments: who is in by what a profile says, since when, until when if nothing happens, and why."""
