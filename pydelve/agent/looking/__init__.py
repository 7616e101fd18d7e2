"""What a stopped program's objects are, and Python that a person typed."""
