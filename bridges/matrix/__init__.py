"""Matrix, in two ways: `matrix` is one normal account, `matrix-appservice` gives each contact an account of their own.

about.py        both, as data
bridge.py       the normal account: one sync after the other       device.py   its keys, on matrix-nio
appservice.py   the application service: ghosts                    door.py     where the homeserver knocks
reading.py      events of Matrix -> ours (pure)                    contents.py ours -> those of Matrix (pure)
sending.py      what an action becomes                             rooms.py    making and dressing rooms
media.py        files, sealed in encrypted rooms                   calls.py    one request, one answer or error
place.py        what is known of a room                            keep.py     what must survive a restart
"""
