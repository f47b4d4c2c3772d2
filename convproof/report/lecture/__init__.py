"""The audit of lecture 7: every claim, what convproof computes or proves, and whether they agree.

Claims are data, a chapter of the lecture a file (``claims``); what is computed is the library's
(``signals``, ``variants``, ``counting``, ``published``); ``judging`` compares the two.
"""
