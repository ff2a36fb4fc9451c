"""From a question to a streamed answer."""
