"""Delta Chat: one account of the bridge's own on any mail server, and one encrypted group for each contact.

Delta Chat's own program, `deltachat-rpc-server`, does all that the network needs, while the bridge runs (core.py). Its
database, in the folder of the bridge, is where messages are; ours (record.py) only says which of them have been
told and which were sent under which key.

about.py       the bridge, as data                   setup.py       an account for it, and its owner
bridge.py      what it is asked                      login.py       how its account is reached
core.py        the program, as a process of ours     native.py      what that answers, as far as we read it
account.py     one account that it has open          record.py      what is remembered between runs
hearing.py     what happens, each thing once         posting.py     sending, each thing once
groups.py      those that stand for contacts         translate.py   its words and ours (pure)
"""
