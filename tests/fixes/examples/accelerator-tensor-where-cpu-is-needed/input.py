import torch
from torch.nn.utils.rnn import pack_padded_sequence


def pack(x: torch.Tensor, lengths: torch.Tensor):
    return pack_padded_sequence(x, lengths, batch_first=True), pack_padded_sequence(x, lengths=lengths + 1)
