"""Which base classes make a class a module, a data set ..., and which classes are optimizers, loaders, distributions.

The paths were read from the sources of the libraries themselves.
"""

from __future__ import annotations

import re


def _all(prefix: str, names: str) -> frozenset[str]:
    return frozenset(f"{prefix}{name}" for name in names.split())


PARAMETER: frozenset[str] = _all("torch.nn.", "Parameter Buffer UninitializedParameter UninitializedBuffer") | _all(
    "torch.nn.parameter.", "Parameter Buffer UninitializedParameter UninitializedBuffer"
)
"""What turns a tensor into a registered attribute of a module."""

WITHOUT_GRADIENTS: frozenset[str] = frozenset(
    f"torch.{path}{name}"
    for path in ("", "autograd.", "autograd.grad_mode.")
    for name in ("no_grad", "inference_mode", "set_grad_enabled")
)
"""Context managers and decorators under which nothing is recorded for `backward`; some take a switch."""

LIGHTNING_BASES: frozenset[str] = frozenset(
    f"{package}{path}.LightningModule"
    for package, paths in (
        ("lightning", ("", ".pytorch", ".pytorch.core", ".pytorch.core.module")),
        ("pytorch_lightning", ("", ".core", ".core.module", ".core.lightning")),
    )
    for path in paths
)
"""Modules whose `device` attribute is kept up to date and whose batches arrive on it."""

METRIC_BASES: frozenset[str] = frozenset(
    f"{path}.{name}"
    for path in ("torchmetrics", "torchmetrics.metric", "torchmetrics.collections", "pytorch_lightning.metrics")
    for name in ("Metric", "MetricCollection")
)
"""Modules which move their own states (`add_state`) in `_apply`, although these are plain attributes."""

_LIBRARY_MODULES: dict[str, str] = {
    "torch": "nn.Module nn.Sequential nn.ModuleList nn.ModuleDict jit.ScriptModule fx.GraphModule",
    "torch.nn": "modules.loss._Loss modules.loss._WeightedLoss modules.batchnorm._BatchNorm modules.conv._ConvNd",
    "transformers": """
        PreTrainedModel modeling_utils.PreTrainedModel GradientCheckpointingLayer
        modeling_layers.GradientCheckpointingLayer
    """,
    "diffusers": "ModelMixin models.ModelMixin models.modeling_utils.ModelMixin",
    "gpytorch": """
        Module module.Module models.GP models.gp.GP models.ExactGP models.exact_gp.ExactGP models.ApproximateGP
        models.deep_gps.DeepGP models.deep_gps.DeepGPLayer kernels.Kernel kernels.kernel.Kernel means.Mean
        means.mean.Mean
        likelihoods.Likelihood mlls.MarginalLogLikelihood priors.Prior
    """,
    "botorch": """
        models.model.Model acquisition.AcquisitionFunction acquisition.acquisition.AcquisitionFunction
        acquisition.monte_carlo.MCAcquisitionFunction acquisition.objective.MCAcquisitionObjective
        models.transforms.input.InputTransform models.transforms.outcome.OutcomeTransform sampling.base.MCSampler
    """,
    "torch_geometric.nn": """
        MessagePassing conv.MessagePassing conv.message_passing.MessagePassing
        Aggregation aggr.Aggregation aggr.base.Aggregation models.basic_gnn.BasicGNN
    """,
    "stable_baselines3.common": """
        policies.BaseModel policies.BasePolicy policies.ActorCriticPolicy policies.ContinuousCritic
        torch_layers.BaseFeaturesExtractor torch_layers.NatureCNN torch_layers.FlattenExtractor
        torch_layers.MlpExtractor
    """,
    "sentence_transformers": "SentenceTransformer CrossEncoder SparseEncoder models.Module models.InputModule",
    "detectron2": """
        modeling.Backbone modeling.backbone.Backbone modeling.backbone.backbone.Backbone modeling.GeneralizedRCNN
        modeling.ROIHeads modeling.roi_heads.ROIHeads modeling.StandardROIHeads layers.CNNBlockBase
    """,
    "fairseq": """
        models.BaseFairseqModel models.FairseqEncoder models.FairseqDecoder models.FairseqIncrementalDecoder
        models.FairseqEncoderDecoderModel models.FairseqEncoderModel models.FairseqLanguageModel models.CompositeEncoder
        criterions.FairseqCriterion
    """,
    "mmengine.model": "BaseModule BaseModel",
    "mmcv.runner": "BaseModule",
    "pytorch_metric_learning": """
        losses.BaseMetricLossFunction losses.base_metric_loss_function.BaseMetricLossFunction
        utils.module_with_records.ModuleWithRecords miners.BaseMiner distances.BaseDistance reducers.BaseReducer
    """,
    "pyro": "nn.PyroModule nn.module.PyroModule infer.autoguide.AutoGuide",
    "pykeen": "models.Model models.ERModel nn.Interaction nn.modules.Interaction nn.representation.Representation",
    "tianshou": "policy.BasePolicy algorithm.algorithm_base.Policy algorithm.algorithm_base.Algorithm",
}

MODULE_BASES: frozenset[str] = LIGHTNING_BASES.union(
    METRIC_BASES, *(_all(f"{library}.", names) for library, names in _LIBRARY_MODULES.items())
)
"""Qualified names of bases which make a class an `nn.Module`."""

MODULE_PREFIXES: tuple[str, ...] = (
    "torch.nn.modules.",
    "torchvision.models.",
    "timm.models.",
    "timm.layers.",
    "torch_geometric.nn.conv.",
    "torch_geometric.nn.models.",
    "torchaudio.models.",
    "torch.ao.nn.",
)
"""Namespaces whose classes are modules; only names that begin with a capital count."""

MODULE_SUFFIXES: tuple[str, ...] = (
    "PreTrainedModel",
    "PretrainedModel",
    "LightningModule",
    ".ModelMixin",
    "GradientCheckpointingLayer",
)
"""Endings of bases that relative imports leave unresolved (`..modeling_utils.PreTrainedModel`,
`.LlamaPreTrainedModel`)."""

_NO_MODULE_ENDINGS = ("Config", "Weights", "Enum", "Output", "Outputs", "Cfg", "Info", "Type", "Format", "Fn")

DATASET_BASES: frozenset[str] = frozenset().union(
    _all(
        "torch.utils.data.",
        "Dataset IterableDataset TensorDataset ConcatDataset Subset ChainDataset StackDataset MapDataPipe IterDataPipe",
    ),
    _all("torch_geometric.data.", "Dataset InMemoryDataset OnDiskDataset"),
    _all(
        "torchvision.datasets.",
        "VisionDataset vision.VisionDataset ImageFolder DatasetFolder CocoDetection CIFAR10 CIFAR100 MNIST ImageNet"
        " VOCDetection",
    ),
    _all("monai.data.", "Dataset CacheDataset PersistentDataset IterableDataset"),
    _all("fairseq.data.", "FairseqDataset BaseWrapperDataset"),
    _all("mmengine.dataset.", "BaseDataset"),
    _all("detectron2.data.", "DatasetFromList MapDataset"),
)
"""Bases whose `__getitem__` and `__iter__` run in the workers of a loader."""

DATASETS_OF_FILES: frozenset[str] = _all(
    "torchvision.datasets.",
    "Caltech101 Caltech256 CelebA Cityscapes CocoCaptions CocoDetection DatasetFolder Flowers102 Food101 ImageFolder"
    " ImageNet Kinetics OxfordIIITPet Places365 StanfordCars SVHN UCF101 VOCDetection VOCSegmentation CIFAR10 CIFAR100"
    " MNIST FashionMNIST EMNIST KMNIST STL10",
) | _all("torchaudio.datasets.", "COMMONVOICE LIBRISPEECH LJSPEECH SPEECHCOMMANDS VCTK_092 YESNO")
"""Data sets whose items are read, decoded or transformed one by one."""

LOADERS: frozenset[str] = frozenset(
    ("torch.utils.data.DataLoader", "torchdata.stateful_dataloader.StatefulDataLoader", "monai.data.DataLoader")
).union(
    _all(
        "torch_geometric.loader.",
        "DataLoader DenseDataLoader DataListLoader NodeLoader LinkLoader NeighborLoader LinkNeighborLoader HGTLoader"
        " ClusterLoader RandomNodeLoader ShaDowKHopSampler GraphSAINTSampler GraphSAINTNodeSampler"
        " GraphSAINTEdgeSampler"
        " GraphSAINTRandomWalkSampler",
    ),
    _all("torch_geometric.data.", "DataLoader"),
)
"""What yields batches in CPU memory."""

OPTIMIZERS: frozenset[str] = frozenset(("timm.optim.create_optimizer", "timm.optim.create_optimizer_v2")).union(
    _all(
        "torch.optim.",
        "Optimizer ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax LBFGS Muon NAdam RAdam RMSprop Rprop SGD"
        " SparseAdam",
    ),
    _all("torch.distributed.optim.", "ZeroRedundancyOptimizer"),
    _all("transformers.", "AdamW Adafactor optimization.AdamW optimization.Adafactor"),
    _all("bitsandbytes.optim.", "Adam8bit AdamW8bit Adam AdamW SGD8bit Lion8bit PagedAdamW8bit PagedAdamW32bit"),
    _all("apex.optimizers.", "FusedAdam FusedLAMB FusedSGD FusedNovoGrad"),
)
"""Classes (and makers) of optimizers; their first argument is the parameters, or the model."""

SCHEDULERS: frozenset[str] = _all(
    "torch.optim.lr_scheduler.",
    "LRScheduler ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR"
    " LambdaLR"
    " LinearLR MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau SequentialLR StepLR",
)
"""Classes of learning-rate schedulers; their first argument is the optimizer."""

AUTOGRAD_FUNCTIONS: frozenset[str] = _all("torch.autograd.", "Function function.Function function.InplaceFunction")
"""Bases of custom functions, whose `forward` and `backward` are static methods."""

PREPARING_BASES: frozenset[str] = frozenset().union(
    _all("accelerate.", "Accelerator accelerator.Accelerator"),
    _all("transformers.", "Trainer Seq2SeqTrainer trainer.Trainer trainer_seq2seq.Seq2SeqTrainer"),
    _all(
        "trl.",
        "SFTTrainer DPOTrainer PPOTrainer RewardTrainer KTOTrainer ORPOTrainer CPOTrainer GRPOTrainer RLOOTrainer",
    ),
    _all("sentence_transformers.", "SentenceTransformerTrainer"),
    _all("lightning.", "Fabric fabric.Fabric Trainer pytorch.Trainer"),
    _all("pytorch_lightning.", "Trainer"),
    _all("detectron2.engine.", "DefaultTrainer SimpleTrainer"),
    _all("catalyst.dl.", "Runner SupervisedRunner IRunner"),
)
"""Classes which put models and batches on the device themselves (`accelerator.prepare`, `trainer.train`)."""


PROGRESS_BARS: frozenset[str] = _all("tqdm.", "tqdm auto.tqdm notebook.tqdm std.tqdm rich.tqdm tqdm_notebook") | {
    "rich.progress.track"
}
"""What shows how far a loop is: it yields what its first argument yields."""

_MODEL_MAKERS = re.compile(
    r"^(torchvision\.models\.([\w.]+\.)?[a-z]\w*|timm\.create_model|torch\.hub\.load"
    r"|transformers\.(Auto|TF)?\w*(Model|For[A-Z])\w*\.from_(pretrained|config))$"
)
"""Functions of libraries which give a model, in CPU memory unless an argument says otherwise."""


def makes_module(name: str) -> bool:
    """Whether calling this qualified name gives a module of a library."""
    return bool(_MODEL_MAKERS.match(name)) and not name.endswith(_NOT_MAKERS)


_NOT_MAKERS = ("get_weight", "list_models", "get_model_weights", "get_model_builder")


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def is_module_base(name: str) -> bool:
    """Whether a base of this qualified (or relative) name makes a class an `nn.Module`."""
    if name in MODULE_BASES:
        return True
    if name.startswith(MODULE_PREFIXES):
        return _last(name)[:1].isupper() and not _last(name).endswith(_NO_MODULE_ENDINGS)
    return name.endswith(MODULE_SUFFIXES) and not name.startswith(("tensorflow", "keras", "flax"))


def is_lightning(name: str) -> bool:
    """Whether a base of this qualified (or relative) name makes a class a LightningModule."""
    return name in LIGHTNING_BASES or _last(name) == "LightningModule"
