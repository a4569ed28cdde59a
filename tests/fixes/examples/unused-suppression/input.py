import torch

a = torch.ones(3)  # devlint: ignore[hard-coded-cuda] one GPU only
b = torch.ones(3)  # see above  # devlint: ignore
c = torch.device("gpu")  # devlint: ignore[hard-coded-cuda, invalid-device-string, direct-forward] our plugin
d = torch.ones(3)  # devlint: ignore[XDV301] one GPU only # noqa: E501
# devlint: ignore[movement]
e = torch.ones(3)  # devlint: ignore[no-such-rule]
