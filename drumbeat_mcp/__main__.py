"""`python -m drumbeat_mcp` is the `drumbeat` command."""

from drumbeat_mcp import main

raise SystemExit(main())
