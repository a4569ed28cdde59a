import torch


def mask_like(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    if x.is_cuda:
        mask = mask.cuda(non_blocking=True)
    if x.device.type == "cuda":
        mask = mask.to("cuda")
    return mask
