"""The Session bridge: one account of its owner, as another device of it would be.

about.py       the bridge, as data                   setup.py       what it is told, and a way to the network
bridge.py      what it is asked                      looking.py     what one look at the network becomes
translate.py   what arrived, in our words            sending.py     from an action to bytes on the network
people.py      who is called what                    pointers.py    where a file lies and what opens it
record.py      what it must not forget               communities/   rooms, read once somebody wants them
"""
