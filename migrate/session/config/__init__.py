"""Config messages: what an account's devices tell each other about contacts, groups and settings.

Start with `read.py`: stored messages and keys in, one merged tree out. `contacts`, `profile`, `groups_joined` and
`conversations` turn such a tree into nouns; `group_keys`, `group_info` do the same for what a group shares.
Facts: formats page of Session config messages.
"""
