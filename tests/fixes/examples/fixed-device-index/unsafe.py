"""A program that runs in several processes."""

from __future__ import annotations

import os
import torch
import torch.distributed as dist


def main(model):
    dist.init_process_group("nccl")
    device = torch.device(f"cuda:{os.environ['LOCAL_RANK']}")
    return model.cuda(int(os.environ["LOCAL_RANK"])), model.to(f"cuda:{os.environ['LOCAL_RANK']}"), torch.zeros(3, device=f"cuda:{os.environ['LOCAL_RANK']}"), device
