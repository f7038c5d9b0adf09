"""x"""

ENTRIES = ()
