"""The schema's history, applied when an account's file is opened."""
