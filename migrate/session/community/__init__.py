"""Communities: rooms on servers that anybody may run, where people are known by ids made for that server alone.

Facts: formats page of community servers. Nothing in here opens a socket, and nothing is believed that a server says.
"""
