"""Other paths under which PyTorch's names can be imported."""

from __future__ import annotations

from devlint.model.torchapi.modules import NN_MODULES

_DISTRIBUTIONS = (
    "bernoulli beta binomial categorical cauchy chi2 continuous_bernoulli dirichlet distribution exponential "
    "fishersnedecor gamma geometric gumbel half_cauchy half_normal independent inverse_gamma kumaraswamy laplace "
    "lkj_cholesky log_normal logistic_normal lowrank_multivariate_normal mixture_same_family multinomial "
    "multivariate_normal negative_binomial normal one_hot_categorical pareto poisson relaxed_bernoulli "
    "relaxed_categorical studentT transformed_distribution uniform von_mises weibull wishart kl"
)
_NN_MODULES = (
    "activation adaptive batchnorm channelshuffle container conv distance dropout flatten fold instancenorm linear loss"
    " module normalization padding pixelshuffle pooling rnn sparse transformer upsampling"
)

CANONICAL: dict[str, str] = {
    **{f"torch.nn.modules.{name}": "torch.nn" for name in _NN_MODULES.split()},
    **{name.replace("torch.nn.", "torch.nn.modules."): name for name in NN_MODULES if name.count(".") == 2},
    **{f"torch.distributions.{name}": "torch.distributions" for name in _DISTRIBUTIONS.split()},
    "torch.nn.parameter": "torch.nn",
    "torch.nn.parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.data_parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel": "torch.nn.parallel.DistributedDataParallel",
    "torch.functional": "torch",
    "torch.autograd.variable.Variable": "torch.autograd.Variable",
    "torch.autograd.function.Function": "torch.autograd.Function",
    "torch.autograd.grad_mode": "torch",
    "torch._tensor.Tensor": "torch.Tensor",
    "torch.optim.adam.Adam": "torch.optim.Adam",
    "torch.optim.adamw.AdamW": "torch.optim.AdamW",
    "torch.optim.sgd.SGD": "torch.optim.SGD",
    "torch.optim.optimizer.Optimizer": "torch.optim.Optimizer",
    "torch.utils.data.dataloader.DataLoader": "torch.utils.data.DataLoader",
    "torch.utils.data.dataset": "torch.utils.data",
    "torch.utils.data.sampler": "torch.utils.data",
    "torch.utils.data.distributed.DistributedSampler": "torch.utils.data.DistributedSampler",
    "torch.cuda.streams.Stream": "torch.cuda.Stream",
    "torch.cuda.streams.Event": "torch.cuda.Event",
    "torch.amp.autocast_mode": "torch.amp",
    "torch.amp.grad_scaler": "torch.amp",
    "torch.cuda.amp.autocast_mode": "torch.cuda.amp",
    "torch.cuda.amp.grad_scaler": "torch.cuda.amp",
    "torch.serialization.load": "torch.load",
    "torch.serialization.save": "torch.save",
    "torch.distributed.distributed_c10d": "torch.distributed",
    "torch.cuda.random": "torch.cuda",
}
"""Path, or the beginning of one up to a dot -> the name the tables use. The longest that fits counts."""


_EXTENSION, _EXTENDED = "pyro.distributions.", "torch.distributions."
"""A library that extends PyTorch's classes and keeps their names."""


def canonical(name: str) -> str:
    """The name under which the tables know a qualified name (`torch.nn.modules.linear.Linear` -> `torch.nn.Linear`)."""
    if not name.startswith("torch."):
        return _EXTENDED + name.removeprefix(_EXTENSION) if name.startswith(_EXTENSION) else name
    head, tail = name, ""
    while head:
        if head in CANONICAL:
            return CANONICAL[head] + tail
        head, dot, last = head.rpartition(".")
        tail = f"{dot}{last}{tail}"
    return name
