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
        code=code("predict"),
    script:
        "../scripts/predict.py"


rule gather_predictions:
    input:
        predictions=gather.prediction(
            "results/{{dataset}}/models/{{model}}/{{fold}}/{{run}}/predictions/{{split}}/{scatteritem}.json"
        ),
    output:
        "results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
    log:
        "results/logs/gather_predictions/{dataset}/{model}/{fold}/{run}/{split}.log",
    conda:
        "../../envs/mrcnn.yaml"
    params:
        code=code("gather_predictions"),
    script:
        "../scripts/gather_predictions.py"


rule evaluate:
    input:
        predictions="results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
        truth="results/{dataset}/splits/{fold}/{split}.json",
    output:
        metrics=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/metrics.tsv",
            caption="../report/metrics.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={"run": "{run}", "split": "{split}", "what": "metrics"},
        ),
        per_class=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_class.tsv",
            caption="../report/per_class.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={"run": "{run}", "split": "{split}", "what": "metrics per class"},
        ),
        per_image="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_image.tsv",
        precision_recall=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/precision_recall.png",
            caption="../report/precision_recall.rst",
            category="Evaluation",
            subcategory="{model}",
            labels={
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
            labels={"run": "{run}", "split": "{split}", "what": "{image}"},
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
        evaluation=measured,
        code=code("evaluate"),
    script:
        "../scripts/evaluate.py"


rule compare_models:
    input:
        metrics=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/metrics.tsv"
        ),
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
        code=code("compare_models"),
    script:
        "../scripts/compare_models.py"


rule save_config:
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
        code=code("save_config"),
    script:
        "../scripts/save_config.py"


# A rule, because `--report-after-run` in the profile would also follow each dry run, and fail.
rule make_report:
    input:
        config="results/{dataset}/config.yaml",
        evaluation="results/{dataset}/evaluation.tsv",
        dataset="results/{dataset}/splits/holdout/dataset.png",
        learning_curves=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/learning_curves.png"
        ),
    output:
        "results/{dataset}/report.zip",
    log:
        "results/logs/make_report/{dataset}.log",
    localrule: True
    params:
        snakefile=os.path.relpath(workflow.main_snakefile),
        captions=captions,
    run:
        shell(
            "{sys.executable} -m snakemake --snakefile {params.snakefile} --nolock"
            " --configfile {input.config} --report {output} > {log} 2>&1"
        )
