"""XMPP: as a normal account, and as a component of one's own server with one address per contact.

about.py       both, as data                         setup.py       how they are set up
bridge.py      the account: what it is asked         listening.py   what it hears
component.py   the component                         line.py        what both share: being connected, sending

What is said:

stream.py      one connection, on slixmpp            login.py       where to connect, and as whom
elements.py    XML, as XMPP uses it                  addresses.py   parts of an address
letter.py      one message, read                     translate.py   messages of XMPP and ours (pure)
files.py       files on their way                    archive.py     what a server kept while we were away
record.py      what is remembered between runs

To whom:

contacts.py    everybody whom an account knows       people.py      lists of contacts, cards, who has moved
rooms.py       rooms that the account has kept       attending.py   being in them, and coming back
opening.py     rooms of our own, found or made       hosting.py     one of those for each contact

Encrypted from end to end:

sealing.py     texts, sealed and opened              devices.py     keys, as everybody publishes them
keys.py        what has to be kept of all that
"""
