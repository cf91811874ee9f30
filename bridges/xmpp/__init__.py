"""XMPP: as a normal account (bridge.py), and as a component of one's own server with one address per contact
(component.py). Both speak in elements of XML, which letter.py reads and translate.py turns into our words and back.

    listening.py  what an account hears, the other half of bridge.py
    attending.py  being in rooms, and coming back into them
    hosting.py    making a room for each contact; opening.py says how that is asked for
    stream.py     one connection, and the only file that knows the library
    line.py       what both bridges share: connecting again and again, sending until the server has it, files
    archive.py    what the server kept while we were away
    record.py     what we remember of ids, between runs
"""
