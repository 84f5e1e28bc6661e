"""
Predictions on whole images, what they are worth, and the report.

REQUIRED INPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5, model.json
    results/{dataset}/splits/{fold}/{split}.json
OUTPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json
    results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/
    results/{dataset}/evaluation.tsv, report.zip
"""


rule predict:
    input:
        weights="results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5",
        model="results/{dataset}/models/{model}/{fold}/{run}/model.json",
        split="results/{dataset}/splits/{fold}/{split}.json",
        code=code("predict"),
    output:
        "results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}/{scatteritem}.json",
    log:
        "results/logs/predict/{dataset}/{model}/{fold}/{run}/{split}/{scatteritem}.log",
    benchmark:
        "results/benchmarks/predict/{dataset}/{model}/{fold}/{run}/{split}/{scatteritem}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    threads: 64  # all that there are: Snakemake lowers it to --cores
    resources:
        gpu=1,
        mem_mb=8000,
        runtime="4h",
    params:
        prediction=lookup("prediction", within=config),
    script:
        "../scripts/predict.py"


rule gather_predictions:
    input:
        predictions=gather.prediction(
            "results/{{dataset}}/models/{{model}}/{{fold}}/{{run}}/predictions/{{split}}/{scatteritem}.json"
        ),
        code=code("gather_predictions"),
    output:
        "results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
    log:
        "results/logs/gather_predictions/{dataset}/{model}/{fold}/{run}/{split}.log",
    conda:
        "../../envs/mrcnn.yaml"
    script:
        "../scripts/gather_predictions.py"


rule evaluate:
    input:
        predictions="results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
        truth="results/{dataset}/splits/{fold}/{split}.json",
        code=code("evaluate"),
    output:
        metrics=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/metrics.tsv",
            caption="../report/metrics.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={
                "fold": "{fold}",
                "run": "{run}",
                "split": "{split}",
                "what": "metrics",
            },
        ),
        per_class=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_class.tsv",
            caption="../report/per_class.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={
                "fold": "{fold}",
                "run": "{run}",
                "split": "{split}",
                "what": "metrics per class",
            },
        ),
        per_image="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_image.tsv",
        precision_recall=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/precision_recall.png",
            caption="../report/precision_recall.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={
                "fold": "{fold}",
                "run": "{run}",
                "split": "{split}",
                "what": "precision and recall",
            },
        ),
        overlays=report(
            directory(
                "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/overlays"
            ),
            patterns=["{image}.png"],
            caption="../report/overlays.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={
                "fold": "{fold}",
                "run": "{run}",
                "split": "{split}",
                "what": "{image}",
            },
        ),
    log:
        "results/logs/evaluate/{dataset}/{model}/{fold}/{run}/{split}.log",
    benchmark:
        "results/benchmarks/evaluate/{dataset}/{model}/{fold}/{run}/{split}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        mem_mb=8000,
        runtime="2h",
    params:
        max_detections=lookup("evaluation/max_detections", within=config),
        min_score=lookup("evaluation/min_score", within=config),
        overlays=lookup("evaluation/overlays", within=config),
    script:
        "../scripts/evaluate.py"


rule compare_models:
    input:
        metrics=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/metrics.tsv"
        ),
        code=code("compare_models"),
    output:
        report(
            "results/{dataset}/evaluation.tsv",
            caption="../report/evaluation.rst",
            category="Evaluation",
            labels={"what": "all models"},
        ),
    log:
        "results/logs/compare_models/{dataset}.log",
    conda:
        "../../envs/mrcnn.yaml"
    params:
        rows=evaluations(),
    script:
        "../scripts/compare_models.py"


rule save_config:
    input:
        code=code("save_config"),
    output:
        report(
            "results/{dataset}/config.yaml",
            caption="../report/config.rst",
            category="Data",
            labels={"what": "configuration"},
        ),
    log:
        "results/logs/save_config/{dataset}.log",
    conda:
        "../../envs/mrcnn.yaml"
    params:
        config=config,
    script:
        "../scripts/save_config.py"


# A rule, because `--report-after-run` in the profile would also follow each dry run, and fail.
rule make_report:
    input:
        config="results/{dataset}/config.yaml",
        evaluation="results/{dataset}/evaluation.tsv",
        dataset=collect("results/{{dataset}}/splits/{fold}/dataset.png", fold=folds()),
        issues="results/{dataset}/issues",
        objects="results/{dataset}/objects.tsv",
        learning_curves=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/learning_curves.png"
        ),
        captions=captions(),
    output:
        "results/{dataset}/report.zip",
    log:
        "results/logs/make_report/{dataset}.log",
    localrule: True
    params:
        snakefile=os.path.relpath(workflow.main_snakefile),
    run:
        shell(
            "{sys.executable} -m snakemake --snakefile {params.snakefile} --nolock"
            " --configfile {input.config} --report {output} > {log} 2>&1"
        )
