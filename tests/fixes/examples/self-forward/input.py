from torch import nn


class Policy(nn.Module):
    def forward(self, x):
        return x

    def act(self, x):
        return (
            self.forward(  # without hooks
                x
            ).argmax(-1)
        )
