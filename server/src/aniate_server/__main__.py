"""`python -m aniate_server`."""

import sys

from aniate_server.cli import main

sys.exit(main())
