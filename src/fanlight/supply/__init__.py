"""What of other makers works inside Claude: servers, connectors, plugins, skills, agents; who uses which.

The feed, chats, sessions, telemetry and analytics name the same thing differently and share no id. `traces` reads what
each of them says, `inventory` joins it by id, address and normalised name and says how sure each join is.
"""
