"""Config messages: what an account's devices tell each other about contacts, groups and settings.

Start with `read.py`: stored messages and keys in, one merged tree out. `contacts`, `profile`, `groups_joined` and
`conversations` turn such a tree into nouns; `group_keys` opens a group, `group_info` says what is in it. `writing` and
`group_writing` go the other way, for made-up accounts. Facts: formats page of Session config messages.
"""
