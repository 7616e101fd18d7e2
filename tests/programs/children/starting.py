"""Is stopped when its child has just been started, and has hardly called the debugger yet."""

import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
child.wait()  # @inside
