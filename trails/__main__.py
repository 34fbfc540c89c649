"""``python -m trails`` is ``trails``."""

from trails.cli import main

main()
