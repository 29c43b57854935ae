# The playground as a web process (the default) or a worker (`playground worker`).
FROM python:3.13-slim AS built
WORKDIR /source
COPY requirements.lock ./
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY playground playground
COPY templates templates
COPY static static
RUN /app/bin/pip install --no-cache-dir --no-deps .
# Kernels are compiled for the processor that runs them, into the cache below, at the first start.

FROM python:3.13-slim
COPY --from=built /app /app
RUN useradd --system --uid 10001 --create-home playground \
    && install -d -o playground -g playground /data /cache
USER playground
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/cache \
    PLAYGROUND_DATA=/data \
    PLAYGROUND_LOG=json
VOLUME ["/data", "/cache"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:8000' + os.environ.get('PLAYGROUND_PATH_PREFIX', '') + '/healthz', timeout=2)"]
CMD ["playground", "--host", "0.0.0.0", "--port", "8000", "--no-open"]
