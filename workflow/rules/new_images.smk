"""
A trained model applied to a folder of unlabelled images: `snakemake --cores 8 predict_folder
--config new_images=FOLDER`. And predictions for other tools.

REQUIRED INPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5, model.json, threshold.tsv
    the images in config["new_images"]
OUTPUTS:
    results/{dataset}/chosen/: the training that did best on the validation images
    results/{dataset}/new_images/{folder}/results.json, instances.json, instances.csv
    results/{dataset}/new_images/{folder}/labels/, overlays/, images.csv, to_label.csv, issues.csv
    results/{dataset}/models/{model}/{fold}/{run}/exports/{split}/, if asked for
"""


rule predict_folder:
    input:
        predicted_folder,
    localrule: True


rule choose_run:
    input:
        weights=of_runs(
            "results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5"
        ),
        model=of_runs("results/{dataset}/models/{model}/{fold}/{run}/model.json"),
        threshold=of_runs("results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv"),
    output:
        weights="results/{dataset}/chosen/model.weights.h5",
        model="results/{dataset}/chosen/model.json",
        threshold="results/{dataset}/chosen/threshold.tsv",
        about="results/{dataset}/chosen/run.json",
    log:
        "results/logs/choose_run/{dataset}.log",
    conda:
        "../../envs/mrcnn.yaml"
    params:
        rows=runs(),
        model=(config["new_images"] or {}).get("model"),
        code=code("choose_run"),
    script:
        "../scripts/choose_run.py"


rule describe_training:
    input:
        weights="results/{dataset}/chosen/model.weights.h5",
        model="results/{dataset}/chosen/model.json",
        about="results/{dataset}/chosen/run.json",
        splits=collect("results/{{dataset}}/splits/{fold}/train.json", fold=folds()),
    output:
        "results/{dataset}/chosen/features.npz",
    log:
        "results/logs/describe_training/{dataset}.log",
    conda:
        "../../envs/mrcnn.yaml"
    threads: cores_of_a_model
    resources:
        **asks(lambda *_: {"mem_mb": 8000, "runtime": 60}),
        **gpus.wanted(),
    params:
        prediction=lookup("prediction", within=config),
        code=code("describe_training"),
    script:
        "../scripts/describe_training.py"


rule predict_new_images:
    input:
        images=images_of_part,
        weights="results/{dataset}/chosen/model.weights.h5",
        model="results/{dataset}/chosen/model.json",
        threshold="results/{dataset}/chosen/threshold.tsv",
        known="results/{dataset}/chosen/features.npz",
    output:
        found=directory("results/{dataset}/new_images/{folder}/parts/{part}"),
        checksums="results/{dataset}/new_images/{folder}/parts/{part}.sha256",
    log:
        "results/logs/predict_new_images/{dataset}/{folder}/{part}.log",
    benchmark:
        "results/benchmarks/predict_new_images/{dataset}/{folder}/{part}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    threads: threads_of_part
    resources:
        **asks(lambda *_: {"mem_mb": 8000, "runtime": 12 * 60}),
        **gpus.wanted(),
    params:
        folder=lookup("new_images/folder", within=config, default=None),
        overlays=lookup("new_images/overlays", within=config, default=True),
        prediction=lookup("prediction", within=config),
        min_score=lookup("evaluation/min_score", within=config),
        code=code("predict_new_images"),
    script:
        "../scripts/predict_new_images.py"


rule gather_new_images:
    input:
        # Of a folder Snakemake sees the date alone: the checksums say what is in it.
        parts=ancient(parts_of_folder),
        checksums=checksums_of_parts,
    output:
        results="results/{dataset}/new_images/{folder}/results.json",
        coco="results/{dataset}/new_images/{folder}/instances.json",
        instances="results/{dataset}/new_images/{folder}/instances.csv",
        images="results/{dataset}/new_images/{folder}/images.csv",
        issues="results/{dataset}/new_images/{folder}/issues.csv",
        to_label="results/{dataset}/new_images/{folder}/to_label.csv",
        labels=directory("results/{dataset}/new_images/{folder}/labels"),
        overlays=directory("results/{dataset}/new_images/{folder}/overlays"),
    log:
        "results/logs/gather_new_images/{dataset}/{folder}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        folder=lookup("new_images/folder", within=config, default=None),
        pixel=pixel_of_new_images(),
        code=code("gather_new_images"),
    script:
        "../scripts/gather_new_images.py"


rule export_predictions:
    input:
        predictions="results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
        threshold="results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv",
        train="results/{dataset}/splits/{fold}/train.json",
        val="results/{dataset}/splits/{fold}/val.json",
        test="results/{dataset}/splits/{fold}/test.json",
    output:
        directory("results/{dataset}/models/{model}/{fold}/{run}/exports/{split}"),
    log:
        "results/logs/export_predictions/{dataset}/{model}/{fold}/{run}/{split}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        min_score=lookup("evaluation/min_score", within=config),
        pixel=lookup("pixel", within=config),
        code=code("export_predictions"),
    script:
        "../scripts/export_predictions.py"
