"""SimpleX: an account of its own, that a `simplex-chat` program beside us holds, or the library of the same people.

about.py       the bridge, as data               setup.py       what is asked for first, and checked
bridge.py      what it is asked                  hearing.py     what comes, each once, with the cursor
ways.py        the two ways to it, and which of them the settings mean
core.py        what both offer: ask, hear, close; and what a refusal means
websocket.py   over the socket of the program (no library needed)
library.py     over the library, which is AGPL: an extra, loaded only where it was chosen
commands.py    what is asked, as text            wire/          what is answered, as far as we read it
translate.py   pure: their objects to our events, our posts to their messages
sending.py     messages: each once               record.py      what was sent under which key, between runs
files.py       files on their way in and out     media.py       previews of photos, how long a voice note is
groups.py      the groups that stand for people  timers.py      messages that disappear
"""
