"""A target in a process of its own: what kills that process is a failure, not the end of the run.

``wire`` says what travels between the two, ``worker`` is the process, ``process`` its handle, and
``isolated`` the subject that the theorems ask.
"""
