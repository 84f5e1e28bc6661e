"""
Training, one job per model, fold and seed. A killed training goes on from its last epoch.

REQUIRED INPUTS:
    results/{dataset}/shards/{input}/{fold}/{train,val}/{scatteritem}.tfrecord, .json
    results/{dataset}/splits/{fold}/val.json
OUTPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5, model.json, history.tsv
    results/{dataset}/models/{model}/{fold}/{run}/learning_curves.png, .svg
"""


rule train:
    input:
        train=shards_of("train", "json"),
        train_records=shards_of("train", "tfrecord"),
        val=shards_of("val", "json"),
        val_records=shards_of("val", "tfrecord"),
        truth="results/{dataset}/splits/{fold}/val.json",
        pretrained=pretrained_weights,
        code=code("train"),
    output:
        weights="results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5",
        model="results/{dataset}/models/{model}/{fold}/{run}/model.json",
        history="results/{dataset}/models/{model}/{fold}/{run}/history.tsv",
    log:
        "results/logs/train/{dataset}/{model}/{fold}/{run}.log",
    benchmark:
        "results/benchmarks/train/{dataset}/{model}/{fold}/{run}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    threads: 64  # all that there are: Snakemake lowers it to --cores
    resources:
        gpu=1,
        mem_mb=16000,
        runtime="24h",
    params:
        name="{model}",
        input=recipe_of,
        architecture=lookup("models/{model}/architecture", within=config),
        training=lookup("models/{model}/training", within=config),
        seed=seed_of,
        checkpoints="results/{dataset}/models/{model}/{fold}/{run}/checkpoints",
    script:
        "../scripts/train.py"


rule plot_history:
    input:
        history="results/{dataset}/models/{model}/{fold}/{run}/history.tsv",
        model="results/{dataset}/models/{model}/{fold}/{run}/model.json",
        code=code("plot_history"),
    output:
        svg="results/{dataset}/models/{model}/{fold}/{run}/learning_curves.svg",
        png=report(
            "results/{dataset}/models/{model}/{fold}/{run}/learning_curves.png",
            caption="../report/learning_curves.rst",
            category="2 Training",
            subcategory="{model}",
            labels={"what": "learning curves", "fold": "{fold}", "run": "{run}"},
        ),
    log:
        "results/logs/plot_history/{dataset}/{model}/{fold}/{run}.log",
    conda:
        "../../envs/mrcnn.yaml"
    script:
        "../scripts/plot_history.py"
