"""What PyTorch's API creates, checks, moves and returns, as tables.

The facts come from PyTorch itself (2.13): which device check an operation makes from `native_functions.yaml`
(operations marked NoCheck go through TensorIterator, all others are checked exactly), parameter names from its
signatures, and the rest from running it on the CPU, with meta tensors and under FakeTensorMode. Base classes were read
from the sources of the libraries that define them. The tests of these tables hold them against the installed torch.
"""

from __future__ import annotations

from devlint.model.torchapi.aliases import CANONICAL, canonical
from devlint.model.torchapi.classes import (
    AUTOGRAD_FUNCTIONS,
    DATASET_BASES,
    DATASETS_OF_FILES,
    LIGHTNING_BASES,
    LOADERS,
    METRIC_BASES,
    MODULE_BASES,
    OPTIMIZERS,
    PARAMETER,
    PREPARING_BASES,
    PROGRESS_BARS,
    SCHEDULERS,
    WITHOUT_GRADIENTS,
    is_lightning,
    is_module_base,
    makes_module,
)
from devlint.model.torchapi.cuda import (
    ACCELERATOR_TYPES,
    AVAILABILITY,
    AVAILABILITY_HELPERS,
    DEVICE_TYPES,
    HARMLESS_WITHOUT_CUDA,
    PLUGIN_DEVICE_TYPES,
    RAISES_WITHOUT_CUDA,
)
from devlint.model.torchapi.distributions import DISTRIBUTIONS
from devlint.model.torchapi.factories import FACTORIES, LEGACY_CUDA, METHOD_FACTORIES
from devlint.model.torchapi.methods import (
    BACKWARD_METHODS,
    CAST_METHODS,
    DEVICE_QUESTIONS,
    HOST_FUNCTIONS,
    HOST_METHODS,
    MODULE_CASTS,
    MOVE_METHODS,
    PLUGIN_MOVES,
    SYNCHRONIZING_METHODS,
    TENSOR_ATTRIBUTES,
    TENSOR_ONLY_ATTRIBUTES,
    TENSOR_ONLY_METHODS,
)
from devlint.model.torchapi.modules import NN_MODULES
from devlint.model.torchapi.numpy import NUMPY_KEEPING_TENSORS
from devlint.model.torchapi.operations import (
    BINARY_OPERATORS,
    DIFFERENTIABLE,
    FUNCTIONALS,
    OPERATIONS,
    UNARY_OPERATORS,
    operation_of_function,
    operation_of_method,
)

__all__ = [
    "ACCELERATOR_TYPES",
    "AUTOGRAD_FUNCTIONS",
    "AVAILABILITY",
    "AVAILABILITY_HELPERS",
    "BACKWARD_METHODS",
    "BINARY_OPERATORS",
    "CANONICAL",
    "CAST_METHODS",
    "DATASETS_OF_FILES",
    "DATASET_BASES",
    "DEVICE_QUESTIONS",
    "DEVICE_TYPES",
    "DIFFERENTIABLE",
    "DISTRIBUTIONS",
    "FACTORIES",
    "FUNCTIONALS",
    "HARMLESS_WITHOUT_CUDA",
    "HOST_FUNCTIONS",
    "HOST_METHODS",
    "LEGACY_CUDA",
    "LIGHTNING_BASES",
    "LOADERS",
    "METHOD_FACTORIES",
    "METRIC_BASES",
    "MODULE_BASES",
    "MODULE_CASTS",
    "MOVE_METHODS",
    "NN_MODULES",
    "NUMPY_KEEPING_TENSORS",
    "OPERATIONS",
    "OPTIMIZERS",
    "PARAMETER",
    "PLUGIN_DEVICE_TYPES",
    "PLUGIN_MOVES",
    "PREPARING_BASES",
    "PROGRESS_BARS",
    "RAISES_WITHOUT_CUDA",
    "SCHEDULERS",
    "SYNCHRONIZING_METHODS",
    "TENSOR_ATTRIBUTES",
    "TENSOR_ONLY_ATTRIBUTES",
    "TENSOR_ONLY_METHODS",
    "UNARY_OPERATORS",
    "WITHOUT_GRADIENTS",
    "canonical",
    "is_lightning",
    "is_module_base",
    "makes_module",
    "operation_of_function",
    "operation_of_method",
]
