"""
What a model sees: augmented training examples at the size of its input.

REQUIRED INPUTS:
    results/{dataset}/splits/{fold}/{train,val}.json
OUTPUTS:
    results/{dataset}/shards/{input}/{fold}/{train,val}/{scatteritem}.tfrecord, .json
    results/{dataset}/shards/{input}/{fold}/inputs.png
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


rule plot_inputs:
    input:
        shards=gather.shard(
            "results/{{dataset}}/shards/{{input}}/{{fold}}/train/{scatteritem}.json"
        ),
        records=gather.shard(
            "results/{{dataset}}/shards/{{input}}/{{fold}}/train/{scatteritem}.tfrecord"
        ),
        split="results/{dataset}/splits/{fold}/train.json",
    output:
        report(
            "results/{dataset}/shards/{input}/{fold}/inputs.png",
            caption="../report/inputs.rst",
            category="2 Training",
            subcategory="what the models see",
            labels={"what": "augmented images", "input": "{input}", "fold": "{fold}"},
        ),
    log:
        "results/logs/plot_inputs/{dataset}/{input}/{fold}.log",
    conda:
        "../../envs/mrcnn.yaml"
    params:
        code=code("plot_inputs"),
    script:
        "../scripts/plot_inputs.py"
