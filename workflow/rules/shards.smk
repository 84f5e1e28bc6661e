"""
What a model sees: augmented training examples at the size of its input.

REQUIRED INPUTS:
    results/{dataset}/splits/{fold}/{train,val}.json
OUTPUTS:
    results/{dataset}/shards/{input}/{fold}/{train,val}/{scatteritem}.tfrecord, .json
"""


rule make_shard:
    input:
        split="results/{dataset}/splits/{fold}/{split}.json",
    output:
        records="results/{dataset}/shards/{input}/{fold}/{split}/{scatteritem}.tfrecord",
        index="results/{dataset}/shards/{input}/{fold}/{split}/{scatteritem}.json",
    log:
        "results/logs/make_shard/{dataset}/{input}/{fold}/{split}/{scatteritem}.log",
    benchmark:
        "results/benchmarks/make_shard/{dataset}/{input}/{fold}/{split}/{scatteritem}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(shard_asks),
    params:
        input=lookup("inputs/{input}", within=config),
        seed=lookup("seed", within=config),
        code=code("make_shard"),
    script:
        "../scripts/make_shard.py"
