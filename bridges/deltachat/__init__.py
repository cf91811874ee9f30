"""Delta Chat: one account of the bridge's own on any mail server, and one encrypted group for each contact.

Delta Chat's own program, `deltachat-rpc-server`, does all that the network needs, while the bridge runs (core.py). Its
database, in the folder of the bridge, is where messages are; ours (record.py) only says which of them have been
told and which were sent under which key.
"""
