"""Who is asking: users, workspaces, API keys."""
