# The environment of uv.lock. The project itself is mounted:
#     docker build -t mrcnn . && docker run --rm -v "$PWD:/project" mrcnn --cores 8
FROM python:3.11-slim-bookworm
RUN pip install --no-cache-dir uv
WORKDIR /environment
COPY pyproject.toml uv.lock ./
ARG extra=""
RUN uv sync --locked --no-dev --no-install-project --no-cache $extra
ENV PATH=/environment/.venv/bin:$PATH
WORKDIR /project
ENTRYPOINT ["snakemake"]
