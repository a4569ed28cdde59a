import torch

a = torch.ones(3)
b = torch.ones(3)  # see above
c = torch.device("gpu")  # devlint: ignore[invalid-device-string] our plugin
d = torch.ones(3)  # noqa: E501
e = torch.ones(3)  # devlint: ignore[no-such-rule]
