"""`devlint doctor`: what is this machine, is its PyTorch stack sound, and do these configs make sense on it?

probes -> facts -> config -> checks -> findings -> reports
"""
