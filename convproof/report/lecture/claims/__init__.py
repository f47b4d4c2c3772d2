"""The claims, a chapter of the lecture a file, in the order of the lecture."""
