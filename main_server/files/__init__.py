"""Files: their uploads, their bytes on the disk, and their way out again, beside the links."""
