"""Measurements against named rivals: like compared with like, in the same process.

A part measures (``measure``) into a record of plain values, and a record is written out as text
(``text``): a table can be made again from the file that ``convproof bench --json`` wrote.
"""
