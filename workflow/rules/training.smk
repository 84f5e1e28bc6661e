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
    threads: cores_of_a_model
    resources:
        **asks(training_asks),
        **gpus.wanted(),
    params:
        name="{model}",
        input=recipe_of,
        architecture=lookup("models/{model}/architecture", within=config),
        training=lookup("models/{model}/training", within=config),
        seed=seed_of,
        checkpoints="results/{dataset}/models/{model}/{fold}/{run}/checkpoints",
        code=code("train"),
    script:
        "../scripts/train.py"


rule plot_history:
    input:
        history="results/{dataset}/models/{model}/{fold}/{run}/history.tsv",
        model="results/{dataset}/models/{model}/{fold}/{run}/model.json",
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
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        code=code("plot_history"),
    script:
        "../scripts/plot_history.py"
