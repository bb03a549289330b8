"""Hosts and the network between them: namespaces.py, or proxies.py where those are not permitted."""
