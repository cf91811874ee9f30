"""Writes the README of an archive: what each file is, for the person who finds the folder in ten years."""

from __future__ import annotations

from .outputs import Outputs
from .read import Archive

TEXT = """\
This folder is an archive of a Session account, made by decamp.

Everything in it is PLAIN: whoever can open this folder can read every message. Keep it on an
encrypted disk, and delete copies you do not need. Nothing in it is needed to run Session, and no
key of the account is in it.

  html/index.html      your chats as pages: open it with a browser, no internet needed
  archive.sqlite       all of it in one database; everything else is written from it
                       (decamp render writes it again)
  messages/            one file per conversation in JSON Lines, for programs
  contacts.csv         your contacts for a spreadsheet
  contacts.vcf         your contacts for an address book
  contacts.jsonl, conversations.jsonl
                       the same for programs
  files/               pictures, voice messages and other files, each once, named by its SHA-256
  manifest.json        what is here, with the SHA-256 of each file, and what could not be saved

  decamp verify FOLDER    checks that nothing was lost or changed since
  decamp search FOLDER    finds a message
  decamp info FOLDER      tells what is in here
"""


def write(archive: Archive, outputs: Outputs) -> None:
    """Write `README.txt`."""
    outputs.write("README.txt", "readme", [TEXT.encode()])
