"""What of other makers works inside Claude: servers, connectors, plugins, skills, agents; who uses which."""
