import torch


def restore(model: torch.nn.Module, path: str, **options):
    model.load_state_dict(torch.load(path, map_location="cpu"))
    model.load_state_dict(torch.load(path), assign=True)
    checkpoint = torch.load(
        path,
        weights_only=True,
    )
    model.load_state_dict(checkpoint["model"])
    model.load_state_dict(torch.load(path, **options))
