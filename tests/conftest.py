"""What every test process begins with.

Workers of a parallel run are told of a screen of 80 columns and ignore interrupts; the commands that tests
start would inherit both. Random examples have no deadline: on a busy machine one takes as long as it takes.
"""

import os
import signal

from hypothesis import settings

os.environ.pop("COLUMNS", None)
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")
