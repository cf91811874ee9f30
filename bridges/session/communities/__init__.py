"""Communities of the account: read as soon as somebody wants them, and not before, for each server is asked by us.

`reading.py` asks and tells, `events.py` says what rows mean, `sending.py` posts, and `record.py` is what must not be
forgotten.
"""
