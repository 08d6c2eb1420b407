"""`python -m server` is the `drumbeat` command."""

from server.cli import main

raise SystemExit(main())
