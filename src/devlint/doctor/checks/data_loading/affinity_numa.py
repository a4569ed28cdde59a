"""XDC409."""

from __future__ import annotations

from collections.abc import Iterator

from devlint.doctor.checks.base import Case, Check, DoesNotApply, Passed, Problem, Verdict
from devlint.doctor.checks.reading import job_gpus
from devlint.doctor.checks.words import label
from devlint.findings import Confidence, RuleMeta, Severity


class AffinityNuma(Check):
    """The process may not run near its GPU

    ## What it does
    Compares the NUMA node of each GPU that the job uses with the nodes on which this process may run.

    ## Why is this bad
    Data that cross from one socket to the other on their way to the GPU are slower and compete with everything else.

    ## Example
    ```console
    $ taskset -c 0-31 python train.py --device cuda:4      # GPU 4 hangs on node 1, CPUs 32-63
    ```

    ## Use instead
    ```console
    $ numactl --cpunodebind=1 --membind=1 python train.py --device cuda:4
    ```

    ## Known problems
    None known.

    ## References
    - [torchrun --numa-binding](https://pytorch.org/docs/stable/elastic/numa.html)
    - [nvidia-smi topo](https://docs.nvidia.com/deploy/nvidia-smi/index.html)
    """

    meta = RuleMeta(
        "XDC409",
        "affinity-numa",
        "a process on the other NUMA node than its GPU",
        Severity.INFO,
        Confidence.MEDIUM,
    )

    def judge(self, case: Case) -> Iterator[Verdict]:
        """Nodes of GPUs against nodes of the process."""
        host = case.need(case.facts.host, "host", "the operating system")
        if host.system != "Linux":
            raise DoesNotApply("only Linux shows it")
        cpu = case.need(case.facts.cpu, "cpu", "the processor")
        if case.need(cpu.numa_nodes, "cpu.numa_nodes", "how many NUMA nodes there are") < 2:
            raise DoesNotApply("there is one NUMA node")
        nodes = case.need(cpu.numa_of_process, "cpu.numa_of_process", "on which NUMA nodes this process may run")
        problems: list[Verdict] = []
        for gpu in job_gpus(case):
            node = case.need(gpu.numa_node, f"gpus.{gpu.index}.numa_node", "the GPU's NUMA node")
            if node not in nodes:
                problems.append(
                    Problem(
                        message=f"{label(gpu)} {gpu.index} is on NUMA node {node}, and this process may run on "
                        f"{', '.join(map(str, nodes))} only",
                        consequence="everything it copies to the GPU crosses between the sockets",
                        fix="Run near the GPU:",
                        command=f"numactl --cpunodebind={node} --membind={node} python ...",
                        fact=f"gpus.{gpu.index}.numa_node",
                        evidence=f"the GPU is on node {node}",
                        setting=case.plan.device_ids,
                    )
                )
        yield from problems or [Passed("the process may run near its GPU")]
