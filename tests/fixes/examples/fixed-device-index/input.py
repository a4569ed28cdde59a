"""A program that runs in several processes."""

from __future__ import annotations

import torch
import torch.distributed as dist


def main(model):
    dist.init_process_group("nccl")
    device = torch.device("cuda:0")
    return model.cuda(0), model.to("cuda:0"), torch.zeros(3, device='cuda:0'), device
