"""Files at a realm: uploads passed on to main, downloads from a bounded cache."""
