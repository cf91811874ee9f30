"""Matrix, in two ways: `matrix` is one normal account, `matrix-appservice` gives each contact an account of their own.

about.py       both, as data                          setup.py      what is asked for first, and checked
bridge.py      the normal account                     appservice.py the application service

The normal account:

account.py     what works with its token and keys     device.py     its keys, on matrix-nio
hearing.py     one sync after the other

The application service:

service.py     what works with its token              door.py       where the homeserver knocks
ghosts.py      the accounts that stand for contacts   portals.py    their rooms, and what happens in them
opening.py     making the room of one contact         watching.py   whether the homeserver and we reach each other
missed.py      what was taken and never brought       repeats.py    what an earlier attempt has left

Both:

reading.py     events of Matrix -> ours (pure)        contents.py   ours -> those of Matrix (pure)
sending.py     what an action becomes                 rooms.py      making and dressing rooms
media.py       files, sealed in encrypted rooms       calls.py      one request, one answer or error
place.py       what is known of a room                keep.py       what must survive a restart
finding.py     where a homeserver answers             trying.py     trying again, with pauses
loose.py       reading what anybody may have written
"""
