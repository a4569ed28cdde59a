"""Results in the place of objects."""

import torch


def train(model: torch.nn.Module, state, loss):
    model = model.load_state_dict(
        state,
        strict=True,
    )
    loss = (loss.backward())
    kept = model = model.load_state_dict(state)
    return model, loss, kept


def used(model: torch.nn.Module, state):
    return model.load_state_dict(state).eval()
