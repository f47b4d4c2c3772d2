"""The tests mirror the packages file by file; a test's name is the law that it checks."""
