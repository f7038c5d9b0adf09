"""What every test process begins with.

Workers of a parallel run are told of a screen of 80 columns and ignore interrupts; the commands that tests
start would inherit both.
"""

import os
import signal

os.environ.pop("COLUMNS", None)
signal.signal(signal.SIGINT, signal.default_int_handler)
