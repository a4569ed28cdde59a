"""What PyTorch answers while it pretends: a file for each part of it, each with `install(session, patches)`."""
