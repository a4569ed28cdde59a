"""How much memory a model needs on one GPU: arithmetic on its shape and the way it is run, without PyTorch.

Every size is a range. docs/doctor.md says what the formulae are and docs/quality.md how far they are from measurements.
"""

from devlint.doctor.memory.amount import Amount, parse_bytes, parse_count, show_bytes, show_count
from devlint.doctor.memory.estimate import Estimate, Moment, Part, estimate
from devlint.doctor.memory.fit import Change, Fit, advise, largest_batch, largest_model
from devlint.doctor.memory.huggingface import ModelError, model_from_config, read_model
from devlint.doctor.memory.job import Job, job_of, overlay, planned
from devlint.doctor.memory.model import Kind, Model, model_of_size
from devlint.doctor.memory.setup import OPTIMIZERS, PRECISIONS, Setup, optimizer_name

__all__ = [
    "OPTIMIZERS",
    "PRECISIONS",
    "Amount",
    "Change",
    "Estimate",
    "Fit",
    "Job",
    "Kind",
    "Model",
    "ModelError",
    "Moment",
    "Part",
    "Setup",
    "advise",
    "estimate",
    "job_of",
    "largest_batch",
    "largest_model",
    "model_from_config",
    "model_of_size",
    "optimizer_name",
    "overlay",
    "parse_bytes",
    "parse_count",
    "planned",
    "read_model",
    "show_bytes",
    "show_count",
]
