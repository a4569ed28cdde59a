"""One file per notation: text to placed nodes, or to placed commands. No meaning here, only syntax."""
