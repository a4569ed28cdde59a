"""devlint keeps PyTorch code device-clean."""

__version__ = "0.1.0"
