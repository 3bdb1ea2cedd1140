"""The schema's history: one file a revision under ``versions``; a released one is never edited."""
