"""What rules ask for: processors, memory and time."""

import estimates
import gpus


def cores_of_a_model(wildcards):
    """All there are, shared among the GPUs of this machine: one training or prediction on each."""
    return max(1, workflow.cores // max(1, len(gpus.here()))) if workflow.cores else 8


def asks(estimate):
    """Memory and time of a rule: `estimate` is a function of wildcards, input and threads.

    An attempt after a failure asks for more. A training goes on from its last epoch: not for time.
    """

    def resource(name):
        def value(wildcards, input, threads, attempt):
            return estimate(wildcards, input, threads)[name] * attempt

        return value

    return {name: resource(name) for name in ("mem_mb", "runtime")}


def import_asks(wildcards, input, threads):
    megabytes = estimates.size_mb(input.files)
    needs = estimates.tables(estimates.size_mb(estimates.annotations(input.files)))
    return needs | {"runtime": needs["runtime"] + estimates.images(megabytes)}


def tables_ask(wildcards, input, threads):
    """Of rules that hold annotation files and tables, and do little else."""
    return estimates.tables(input.size_mb)


def shard_asks(wildcards, input, threads):
    """The same for all shards, since Slurm gives each job of an array what the first asks for."""
    recipe = config["inputs"][wildcards.input]
    train = Path(input.split).with_name("train.json")
    megabytes = estimates.size_mb([train])
    return estimates.shard(recipe, megabytes, config["shards"])


def training_asks(wildcards, input, threads):
    model = config["models"][wildcards.model]
    megabytes = estimates.size_mb(input.train)
    return estimates.training(
        model, recipe_of(wildcards), megabytes, threads, gpus.wanted().get("gpu", 0)
    )


def prediction_asks(wildcards, input, threads):
    return estimates.prediction(
        recipe_of(wildcards),
        estimates.size_mb([input.split]),
        config["prediction"]["jobs"],
        threads,
        gpus.wanted().get("gpu", 0),
    )


def threads_of_part(wildcards):
    """All cores, shared out among the jobs; on a cluster those of a model each."""
    if not workflow.cores:
        return cores_of_a_model(wildcards)
    return max(1, workflow.cores // len(new_images.parts(asked_folder())))
