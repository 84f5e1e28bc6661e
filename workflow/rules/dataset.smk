"""
From the user's files to a checked data set, split in three.

REQUIRED INPUTS:
    the files of config["sources"]
OUTPUTS:
    results/{dataset}/imported.json, embedded_images (those that annotation files contain)
    results/{dataset}/annotations.sha256
    results/{dataset}/dataset.json, quarantine.json, issues.tsv, counts.tsv
    results/{dataset}/issues/{check}.png, issues.sha256, objects.tsv
    results/{dataset}/splits/{fold}/{train,val,test}.json, splits.tsv, leaks.tsv, balance.tsv
    results/{dataset}/splits/{fold}/dataset.png, sizes.png
    results/{dataset}/exports/{coco,label_maps,voc,yolo}/, if asked for
"""


rule make_demo:
    output:
        images=collect(
            "results/{{dataset}}/demo/images/{name}", name=sources.demo_images(config)
        ),
        annotations="results/{dataset}/demo/annotations.json",
    log:
        "results/logs/make_demo/{dataset}.log",
    localrule: True
    conda:
        "../../envs/mrcnn.yaml"
    params:
        images=len(sources.demo_images(config)),
        seed=lookup("seed", within=config),
        code=code("make_demo"),
    script:
        "../scripts/make_demo.py"


rule import_annotations:
    input:
        files=source_files,
    output:
        imported="results/{dataset}/imported.json",
        embedded=directory("results/{dataset}/embedded_images"),
        checksums="results/{dataset}/annotations.sha256",
    log:
        "results/logs/import_annotations/{dataset}.log",
    benchmark:
        "results/benchmarks/import_annotations/{dataset}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(import_asks),
    params:
        sources=sources.importable(config),
        images=lookup("images", within=config),
        code=code("import_annotations"),
    message:
        "Import the images and annotations of {wildcards.dataset}"
    script:
        "../scripts/import_annotations.py"


# Its result is asked for before anything below is planned: see if_changed in common.smk.
checkpoint validate_dataset:
    input:
        imported="results/{dataset}/imported.json",
    output:
        dataset="results/{dataset}/dataset.json",
        quarantine="results/{dataset}/quarantine.json",
        issues=report(
            "results/{dataset}/issues.tsv",
            caption="../report/issues.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "issues"},
        ),
        counts=report(
            "results/{dataset}/counts.tsv",
            caption="../report/counts.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "counts: in, used, set aside, repaired"},
        ),
    log:
        "results/logs/validate_dataset/{dataset}.log",
    benchmark:
        "results/benchmarks/validate_dataset/{dataset}.tsv"
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        classes=lookup("classes", within=config),
        validation=lookup("validation", within=config),
        code=code("validate_dataset"),
    script:
        "../scripts/validate_dataset.py"


rule check_objects:
    input:
        dataset="results/{dataset}/dataset.json",
    output:
        report(
            "results/{dataset}/objects.tsv",
            caption="../report/objects.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "objects that models cannot see"},
        ),
    log:
        "results/logs/check_objects/{dataset}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        models=seen_by_models(),
        code=code("check_objects"),
    script:
        "../scripts/check_objects.py"


rule plot_issues:
    input:
        issues="results/{dataset}/issues.tsv",
        imported="results/{dataset}/imported.json",
    output:
        pictures=report(
            directory("results/{dataset}/issues"),
            patterns=["{check}.png"],
            caption="../report/issue.rst",
            category="1 Data",
            subcategory="Issues",
            labels={"what": "{check}"},
        ),
        checksums="results/{dataset}/issues.sha256",
    log:
        "results/logs/plot_issues/{dataset}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        code=code("plot_issues"),
    script:
        "../scripts/plot_issues.py"


rule split_dataset:
    input:
        dataset="results/{dataset}/dataset.json",
        files=split_files,
    output:
        train="results/{dataset}/splits/{fold}/train.json",
        val="results/{dataset}/splits/{fold}/val.json",
        test="results/{dataset}/splits/{fold}/test.json",
        splits="results/{dataset}/splits/{fold}/splits.tsv",
        leaks="results/{dataset}/splits/{fold}/leaks.tsv",
        balance=report(
            "results/{dataset}/splits/{fold}/balance.tsv",
            caption="../report/balance.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "balance of the splits", "fold": "{fold}"},
        ),
    log:
        "results/logs/split_dataset/{dataset}/{fold}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        split=lookup("split", within=config),
        seed=lookup("seed", within=config),
        code=code("split_dataset"),
    script:
        "../scripts/split_dataset.py"


rule plot_dataset:
    input:
        dataset="results/{dataset}/dataset.json",
        balance="results/{dataset}/splits/{fold}/balance.tsv",
    output:
        sheet=report(
            "results/{dataset}/splits/{fold}/dataset.png",
            caption="../report/dataset.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "images and classes", "fold": "{fold}"},
        ),
        sizes_vector="results/{dataset}/splits/{fold}/sizes.svg",
        sizes=report(
            "results/{dataset}/splits/{fold}/sizes.png",
            caption="../report/sizes.rst",
            category="1 Data",
            subcategory="Data set",
            labels={"what": "sizes of objects, and anchors", "fold": "{fold}"},
        ),
    log:
        "results/logs/plot_dataset/{dataset}/{fold}.log",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        models=seen_by_models(),
        code=code("plot_dataset"),
    script:
        "../scripts/plot_dataset.py"


rule export_dataset:
    input:
        train="results/{dataset}/splits/holdout/train.json",
        val="results/{dataset}/splits/holdout/val.json",
        test="results/{dataset}/splits/holdout/test.json",
    output:
        directory("results/{dataset}/exports/{format}"),
    log:
        "results/logs/export_dataset/{dataset}/{format}.log",
    wildcard_constraints:
        format="coco|label_maps|voc|yolo",
    conda:
        "../../envs/mrcnn.yaml"
    resources:
        **asks(tables_ask),
    params:
        code=code("export_dataset"),
    message:
        "Export {wildcards.dataset} as {wildcards.format}"
    script:
        "../scripts/export_dataset.py"
