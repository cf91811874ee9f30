"""An account that is online: it reads its settings, takes in what arrives and sends. It opens no socket itself.

Announcements, bridges and `decamp send` stand on this. `OnlineAccount` (`online.py`) is the way in.
"""
