"""What a site does by itself while its link to main is cut."""
