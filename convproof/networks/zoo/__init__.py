"""Networks, one file each: pure data in the lecture's notation."""
