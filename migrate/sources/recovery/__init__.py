"""What the Session network still holds of an account: all of it that the 13 words open.

Start with `fetch.py`, which asks the nodes and lays what they give, still sealed, into the `spool`. `source.py` reads
the spool as any other source of history; `notes.py` opens messages, `translate.py` and `people.py` make nouns of them.
"""
