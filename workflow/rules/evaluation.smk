"""
Predictions on whole images, what they are worth, and the report.

REQUIRED INPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5, model.json
    results/{dataset}/splits/{fold}/{split}.json
OUTPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json
    results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv
    results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/
    results/{dataset}/evaluation.tsv, leaderboard.tsv, summary.rst, report.zip
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
    threads: cores_of_a_model
    resources:
        **asks(prediction_asks),
        **gpus.wanted(),
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
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        code=code("gather_predictions"),
    script:
        "../scripts/gather_predictions.py"


rule choose_threshold:
    input:
        predictions="results/{dataset}/models/{model}/{fold}/{run}/predictions/val.json",
        truth="results/{dataset}/splits/{fold}/val.json",
    output:
        "results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv",
    log:
        "results/logs/choose_threshold/{dataset}/{model}/{fold}/{run}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        max_detections=lookup("evaluation/max_detections", within=config),
        code=code("choose_threshold"),
    script:
        "../scripts/choose_threshold.py"


rule evaluate:
    input:
        predictions="results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
        truth="results/{dataset}/splits/{fold}/{split}.json",
        threshold="results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv",
    output:
        metrics=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/metrics.tsv",
            caption="../report/metrics.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("metrics"),
        ),
        per_class=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_class.tsv",
            caption="../report/per_class.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("metrics per class"),
        ),
        per_size=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_size.tsv",
            caption="../report/per_size.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("metrics per size"),
        ),
        per_iou="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_iou.tsv",
        per_recall="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/precision_recall.tsv",
        per_image="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/per_image.tsv",
        operating_point=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/operating_point.tsv",
            caption="../report/operating_point.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("at the chosen score"),
        ),
        confusion="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/confusion.tsv",
        errors="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/errors.tsv",
        counting=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/counting.tsv",
            caption="../report/counting.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("counts per class"),
        ),
        calibration="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/calibration.tsv",
        draws="results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/draws.tsv",
        precision_recall_figure=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/precision_recall.png",
            caption="../report/precision_recall.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("precision and recall"),
        ),
        confusion_figure=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/confusion.png",
            caption="../report/confusion.rst",
            category="4 Mistakes",
            subcategory="{model}",
            labels=of_split("confusion"),
        ),
        errors_figure=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/errors.png",
            caption="../report/errors.rst",
            category="4 Mistakes",
            subcategory="{model}",
            labels=of_split("what AP is lost to"),
        ),
        counting_figure=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/counting.png",
            caption="../report/counting.rst",
            category="3 Results",
            subcategory="{model}",
            labels=of_split("counts"),
        ),
        calibration_figure=report(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/calibration.png",
            caption="../report/calibration.rst",
            category="4 Mistakes",
            subcategory="{model}",
            labels=of_split("calibration of scores"),
        ),
        vector_figures=multiext(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/",
            "precision_recall.svg",
            "confusion.svg",
            "errors.svg",
            "counting.svg",
            "calibration.svg",
        ),
        overlays=report(
            directory(
                "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/overlays"
            ),
            patterns=["{gallery,[a-z]+}_{rank,[0-9]+}_{image}.png"],
            caption="../report/overlays.rst",
            category="5 Images",
            subcategory="{model}",
            labels=of_split("{gallery}", rank="{rank}", image="{image}"),
        ),
    log:
        "results/logs/evaluate/{dataset}/{model}/{fold}/{run}/{split}.log",
    benchmark:
        "results/benchmarks/evaluate/{dataset}/{model}/{fold}/{run}/{split}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    threads: 2
    resources:
        **asks(tables_ask),
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
        draws=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/draws.tsv"
        ),
        thresholds=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv"
        ),
    output:
        evaluation=report(
            "results/{dataset}/evaluation.tsv",
            caption="../report/evaluation.rst",
            category="3 Results",
            subcategory="all models",
            labels={"what": "all runs"},
        ),
        leaderboard=report(
            "results/{dataset}/leaderboard.tsv",
            caption="../report/leaderboard.rst",
            category="3 Results",
            subcategory="all models",
            labels={"what": "leaderboard"},
        ),
    log:
        "results/logs/compare_models/{dataset}.log",
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        rows=evaluations(),
        settings=variants.differences(config["models"]),
        code=code("compare_models"),
    script:
        "../scripts/compare_models.py"


rule summarise:
    input:
        counts="results/{dataset}/counts.tsv",
        balance=collect("results/{{dataset}}/splits/{fold}/balance.tsv", fold=folds()),
        leaderboard="results/{dataset}/leaderboard.tsv",
        models=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/model.json"
        ),
        mistakes=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/errors.tsv"
        ),
    output:
        "results/{dataset}/summary.rst",
    log:
        "results/logs/summarise/{dataset}.log",
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        rows=evaluations(),
        limits={
            name: config[name]["max_detections"]
            for name in ("prediction", "evaluation")
        },
        code=code("summarise"),
    script:
        "../scripts/summarise.py"


rule save_config:
    output:
        report(
            "results/{dataset}/config.yaml",
            caption="../report/config.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "configuration"},
        ),
    log:
        "results/logs/save_config/{dataset}.log",
    localrule: True
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
        summary="results/{dataset}/summary.rst",
        inputs=collect(
            "results/{{dataset}}/shards/{input}/{fold}/inputs.png",
            input=used_inputs(),
            fold=folds(),
        ),
        dataset=collect("results/{{dataset}}/splits/{fold}/dataset.png", fold=folds()),
        # Of a folder Snakemake sees the date alone: the checksums say what is in it.
        issue_pictures=ancient("results/{dataset}/issues"),
        issue_checksums="results/{dataset}/issues.sha256",
        objects="results/{dataset}/objects.tsv",
        learning_curves=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/learning_curves.png"
        ),
        style=os.path.relpath(SCRIPTS.parent / "report" / "report.css"),
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
            " --configfile {input.config} --report {output}"
            " --report-stylesheet {input.style} > {log} 2>&1"
        )
