"""
Where each number comes from: beside every table a provenance.json, which
`python workflow/scripts/trace_number.py TABLE` follows down to the raw files.

REQUIRED INPUTS:
    the tables, and results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5, model.json
OUTPUTS:
    results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/provenance.json
    results/{dataset}/new_images/{folder}/provenance.json
    results/{dataset}/provenance.json
"""


rule record_evaluation:
    input:
        tables=tables_of(rules.evaluate),
        predictions="results/{dataset}/models/{model}/{fold}/{run}/predictions/{split}.json",
        threshold="results/{dataset}/models/{model}/{fold}/{run}/threshold.tsv",
        weights="results/{dataset}/models/{model}/{fold}/{run}/model.weights.h5",
        model="results/{dataset}/models/{model}/{fold}/{run}/model.json",
        split="results/{dataset}/splits/{fold}/{split}.json",
        train="results/{dataset}/splits/{fold}/train.json",
        val="results/{dataset}/splits/{fold}/val.json",
        dataset="results/{dataset}/dataset.json",
    output:
        "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/provenance.json",
    log:
        "results/logs/record_evaluation/{dataset}/{model}/{fold}/{run}/{split}.log",
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        settings=decisive_settings,
        code=code("record_evaluation"),
    script:
        "../scripts/record_evaluation.py"


rule record_new_images:
    input:
        tables=tables_of(rules.gather_new_images),
        images="results/{dataset}/new_images/{folder}/images.csv",
        threshold="results/{dataset}/chosen/threshold.tsv",
        weights="results/{dataset}/chosen/model.weights.h5",
        model="results/{dataset}/chosen/model.json",
        chosen="results/{dataset}/chosen/run.json",
        dataset="results/{dataset}/dataset.json",
    output:
        "results/{dataset}/new_images/{folder}/provenance.json",
    log:
        "results/logs/record_new_images/{dataset}/{folder}.log",
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        settings=decisive_for_new_images(),
        code=code("record_new_images"),
    script:
        "../scripts/record_new_images.py"


rule record_results:
    input:
        tables=collect(
            [
                *(f"results/{{{{dataset}}}}/{name}.tsv" for name in TABLES),
                *(
                    f"results/{{{{dataset}}}}/splits/{{fold}}/{name}.tsv"
                    for name in TABLES_OF_SPLITS
                ),
            ],
            fold=folds(),
        ),
        evaluations=of_evaluations(
            "results/{dataset}/models/{model}/{fold}/{run}/evaluation/{split}/provenance.json"
        ),
        dataset="results/{dataset}/dataset.json",
    output:
        "results/{dataset}/provenance.json",
    log:
        "results/logs/record_results/{dataset}.log",
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        config=decisive_config(),
        code=code("record_results"),
    script:
        "../scripts/record_results.py"
