"""The only sockets of decamp's own: requests to the Session network, through onions unless somebody says otherwise."""
