"""What SimpleX answers and tells, as far as we read it. Anything unknown is passed over, as its makers ask for.

Field names and shapes: recipe for SimpleX, sections 4 and 5. Everything has a default, because each version leaves out
or adds something (section 7).
"""

from .answers import Said, Trouble
from .items import Entry, FileInfo, Item, Listed, Quote, Words
from .people import Contact, Group, Info, Member, Request, User

__all__ = [
    "Contact",
    "Entry",
    "FileInfo",
    "Group",
    "Info",
    "Item",
    "Listed",
    "Member",
    "Quote",
    "Request",
    "Said",
    "Trouble",
    "User",
    "Words",
]
