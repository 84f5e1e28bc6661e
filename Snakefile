from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"


if not workflow.configfiles:  # a file given by `--configfile` replaces the demo's

    configfile: readable("config/config.yaml")


check(config)


report: "workflow/report/workflow.rst"


scattergather:
    shard=config["shards"],
    prediction=config["prediction"]["jobs"],


include: "workflow/rules/dataset.smk"
include: "workflow/rules/shards.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/new_images.smk"
include: "workflow/rules/provenance.smk"


rule all:
    default_target: True
    input:
        if_changed(final_results),
