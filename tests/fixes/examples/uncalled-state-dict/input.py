import torch


def save(model, optimizer, path):
    torch.save(model.state_dict, path)
    torch.save(
        {
            "model": model.module.state_dict,  # weights
            "optimizer": (optimizer.state_dict),
        },
        path,
    )
